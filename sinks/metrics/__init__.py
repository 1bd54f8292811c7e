"""The metrics that this project exports, a module for each subject; `sinks.prometheus` puts them together."""
