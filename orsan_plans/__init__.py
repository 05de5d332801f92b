"""The vocabulary of health tension and the ORSAN plans that judge it.

Territories, indicators, readings and postures are defined here because plans name them; everything else in
Vigie imports this package, and this package imports nothing of Vigie.
"""
