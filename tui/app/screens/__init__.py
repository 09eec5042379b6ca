"""Windows over the views: questions, forms and lists. Escape closes each without any effect."""
