"""Labels that come late: predictions wait for them, and a protocol says when one may be believed."""
