"""The catalog: one file a layer, each cause's words beside the test that decides it."""
