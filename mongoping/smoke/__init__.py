"""The smoke test of a pipeline: wait until a deployment is ready, check what is relied on."""
