"""The study that the program makes explorable: its figures and takeaways.

The drawings are pure functions from rows and curves to ``rich.text.Text``; commands, the app and
the report use the same ones.
"""
