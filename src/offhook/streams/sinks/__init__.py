"""Where events go: one small file a kind of sink."""
