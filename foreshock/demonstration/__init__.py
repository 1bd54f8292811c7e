"""The demo: what it starts, feeds, watches, judges and shows; `foreshock.demo` is the command."""
