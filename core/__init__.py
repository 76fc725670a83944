"""From-scratch models, metrics, simulation and experiment analysis. Knows nothing of the other folders."""
