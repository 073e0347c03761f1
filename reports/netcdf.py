"""NetCDF files of names that NetCDF does not take: another name stands in the file, and the true one beside it."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from triptych.base.interrupt import held

# Groups with a value a row and draw: they are stored in single precision and compressed, the posterior as it is.
PACKED = ("log_likelihood", "posterior_predictive", "prior_predictive")
LONGEST = 200  # bytes of a name in a file; NetCDF takes 256
LEAST_FREE = 2**20  # bytes; with fewer, a disk is called full
TRUE_NAME = "true_name"  # the attribute of a variable
TRUE_NAMES = "true_names"  # the attribute of a group: names in the file to true ones, as JSON, dimensions among them


def write_tree(tree: Any, path: Path) -> None:
    """Write a DataTree as NetCDF.

    Parameters
    ----------
    tree
        The DataTree; its names may be any text without a ``/``.
    path
        The file. What has another name there has its own in the attribute ``true_name``, and all names of a group that
        are not their own are in its attribute ``true_names``.

    Raises
    ------
    OSError
        When it cannot be written. An interrupt is raised when the file is complete.
    """
    import xarray as xr

    names = stand_ins(str(name) for node in tree.subtree for name in [*node.dims, *node.variables])
    groups = {node.path: _renamed(node.to_dataset(inherit=False), names) for node in tree.subtree}
    packed = {path: _packing(group) for path, group in groups.items() if path.rpartition("/")[2] in PACKED}
    # h5netcdf takes four times as long over many small variables.
    with held():
        try:
            xr.DataTree.from_dict(groups).to_netcdf(path, engine="netcdf4", encoding=packed)
        except RuntimeError as error:  # the library's word for whatever the disk says
            number = errno.ENOSPC if shutil.disk_usage(path.parent).free < LEAST_FREE else errno.EIO
            raise OSError(number, f"{os.strerror(number)} ({error})", path.name) from error


def _packing(group: Any) -> dict[str, dict[str, Any]]:
    """Return how the variables of a group are stored."""
    found = {}
    for name, variable in group.data_vars.items():
        if variable.dtype.kind in "fiu" and variable.ndim:
            single = {"dtype": "float32"} if variable.dtype.kind == "f" else {}
            found[str(name)] = {"zlib": True, "complevel": 1, **single}
    return found


def stand_ins(names: Iterable[str]) -> dict[str, str]:
    """Return for each name one that NetCDF takes: itself wherever it can be, and no two the same.

    NetCDF takes a letter, a digit, an underscore or a character beyond ASCII, and then anything but ``/``, control
    characters and a space at the end; it composes characters (NFC) and counts bytes.

    Parameters
    ----------
    names
        What is named in one file.
    """
    distinct = list(dict.fromkeys(names))
    taken = {name for name in distinct if _allowed(name) == name}
    found = {}
    for name in distinct:
        stem = stand_in = _allowed(name)
        number = 1
        while name not in taken and stand_in in taken:
            number += 1
            stand_in = f"{stem}_{number}"
        taken.add(stand_in)
        found[name] = stand_in
    return found


def _allowed(name: str) -> str:
    composed = unicodedata.normalize("NFC", _encodable(name))
    cut = composed.encode()[:LONGEST].decode(errors="ignore")
    plain = re.sub(r"[\x00-\x1f\x7f/]|\s$", "_", cut)
    return plain if re.match(r"[A-Za-z0-9_]|[^\x00-\x7f]", plain) else f"_{plain}"


def _encodable(text: str) -> str:
    """Return a text without halves of characters, as names of files that are not UTF-8 have them."""
    return text.encode(errors="backslashreplace").decode()


def _renamed(dataset: Any, names: dict[str, str]) -> Any:
    import numpy as np

    other = {n: names[str(n)] for n in [*dataset.dims, *dataset.variables] if names[str(n)] != n}
    dataset = dataset.rename(other)
    for name, stand_in in other.items():
        if stand_in in dataset.variables:
            dataset[stand_in].attrs[TRUE_NAME] = _encodable(str(name))
    if other:
        dataset.attrs[TRUE_NAMES] = json.dumps({stand_in: _encodable(str(name)) for name, stand_in in other.items()})
    for name, variable in dataset.coords.items():
        if variable.dtype.kind in "OU":
            encodable = np.array([_encodable(str(label)) for label in variable.values.ravel()], dtype=object)
            dataset[name] = variable.copy(data=encodable.reshape(variable.shape))
    return dataset
