"""Volume: people are not woken for nothing, and what matters is never hidden.

What the escalations ask passes here before it leaves. A silence keeps an alert's calls back until it ends; alerts of
one volet in one place share a message; beyond a number of messages a person gets digests. A storm keeps back neither
an ACTIVATION nor the first call of an alert graver than what the person was told of. Every message kept back leaves a
`NotSent` that says why.
"""
