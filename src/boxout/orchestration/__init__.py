"""Above pipeline and learning: what a person would decide, watch over, and write down by hand."""
