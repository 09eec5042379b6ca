"""Charts and phase grids as text: pure functions from arrays to ``rich.text.Text``.

The app and ``grok-tui plot`` draw with the same functions. Nothing here knows Textual or the store.
"""
