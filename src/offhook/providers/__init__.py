"""Who calls us: verify, name, dedupe, acknowledge. One file a provider."""
