"""The raw billing tables of an invented business."""
