"""What `foreshock check` looks at."""
