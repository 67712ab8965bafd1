"""The window: Qt only here. Pages paint snapshots; `bridge.py` owns the worker thread."""
