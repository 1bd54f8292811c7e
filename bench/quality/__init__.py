"""How good the product is: on real sets and on simulated insurers, with the product itself doing all the learning."""
