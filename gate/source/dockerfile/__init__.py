"""Which line of a Dockerfile made which layer.

Text only: nothing is built or read here. Syntax as in docs.docker.com/reference/dockerfile; what the builders write
into an image's history as in moby/buildkit `frontend/dockerfile/dockerfile2llb/convert.go`, moby's classic builder
(`#(nop)`), buildah (as the classic one) and kaniko (the instruction itself).

A Dockerfile is taken for that of an image only when every instruction that makes a layer is found, in order, at the
end of the image's history. Layers before them came with `FROM`. Where two readings fit, a layer gets no line at all.
"""

from gate.source.dockerfile.instructions import Instruction, instructions
from gate.source.dockerfile.layers import attribute
from gate.source.dockerfile.stages import stage_names

__all__ = ["Instruction", "attribute", "instructions", "stage_names"]
