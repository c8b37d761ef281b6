"""Published models as functions of a simulator; nothing here knows an engine."""
