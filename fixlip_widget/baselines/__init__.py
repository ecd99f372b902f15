"""White-box methods of the literature, which explain the similarity from attention and gradients."""
