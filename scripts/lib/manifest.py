"""The fields of Cargo.toml that go into the files of a release."""

import json
from dataclasses import dataclass
from typing import Self

from licences import cargo

# Stands in Cargo.toml for the account that publishes the repository, which is not known yet.
PLACEHOLDER = "OWNER"


@dataclass
class Manifest:
    version: str
    description: str
    repository: str
    homepage: str
    documentation: str
    maintainer: str

    @classmethod
    def read(cls) -> Self:
        package = json.loads(cargo("metadata", "--format-version", "1", "--no-deps"))["packages"][0]
        fields = {name: package[name] for name in ("version", "description", "repository", "homepage", "documentation")}
        return cls(**fields, maintainer=package["authors"][0])

    @property
    def placeholders(self) -> list[str]:
        """The fields that nobody has filled in."""
        return [name for name, value in vars(self).items() if PLACEHOLDER in value]
