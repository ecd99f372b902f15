"""Charts in bqplot, linked with a view."""
