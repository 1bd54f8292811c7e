"""An alert derived again from the journal, compared with what was sent, and explained."""
