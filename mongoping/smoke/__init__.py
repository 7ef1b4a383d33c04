"""The smoke test of a pipeline: wait until a deployment is ready, then check expectations."""
