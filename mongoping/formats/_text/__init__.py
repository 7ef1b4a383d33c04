"""The parts of a text report, each as lines of `rich.text.Text`."""
