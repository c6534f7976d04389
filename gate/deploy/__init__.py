"""What runs images: manifests of Kubernetes and Compose, policies of admission controllers, pull secrets.

`manifests` finds and pins the images that manifests name, `admission` writes the policy as resources of Kyverno, the
Sigstore policy-controller, Ratify and Connaisseur, and `pull_secret` makes the secret with which a cluster pulls. Text
and values go in and come out: nothing here talks to a cluster.
"""
