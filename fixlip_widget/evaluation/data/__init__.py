"""Images with captions to measure explanations on."""
