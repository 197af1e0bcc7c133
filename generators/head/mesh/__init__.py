"""A photo moved by a rigged mesh: no GPU, no network per frame."""

from generators.head.mesh.configuration import MeshHeadConfig
from generators.head.mesh.pipeline import MeshHead

__all__ = ["MeshHead", "MeshHeadConfig"]
