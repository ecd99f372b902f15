"""What others do to explain the same similarity: methods that look inside the encoder, at attention and gradients."""
