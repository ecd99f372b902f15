"""bqplot charts, for the kernel-side panels of `fw.explore` and of the evaluation dashboard."""
