"""Tables: what is read, and what is refused with which word."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from triptych.base.errors import InputError
from triptych.design.columns import (
    is_text,
    keep_complete,
    level_name,
    levels,
    missing,
    numbers,
    require_column,
)
from triptych.design.read_table import read_table


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_csv_tsv_and_parquet_give_the_same_table(tmp_path: Path) -> None:
    table = pd.DataFrame({"y": [1.5, 2.0, 3.0], "a b": [1, 2, 3], "g": ["u", "v", "ü"]})
    table.to_csv(tmp_path / "t.csv", index=False)
    table.to_csv(tmp_path / "t.tsv", index=False, sep="\t")
    table.to_parquet(tmp_path / "t.parquet")
    for name in ("t.csv", "t.tsv", "t.parquet"):
        read = read_table(tmp_path / name)
        assert list(read.columns) == ["y", "a b", "g"]
        np.testing.assert_array_equal(read["y"], table["y"])
        assert list(read["g"]) == ["u", "v", "ü"]


def test_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", b"\xef\xbb\xbfy,x\n1,2\n3,4\n")
    assert list(read_table(path).columns) == ["y", "x"]


def test_a_separator_at_the_end_of_every_row_is_no_column(tmp_path: Path) -> None:
    table = read_table(write(tmp_path / "t.csv", b"y,x\n1,2,\n3,4,\n"))
    assert list(table.columns) == ["y", "x"]
    np.testing.assert_array_equal(table["x"], [2, 4])


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("t.csv", b"y,x\n1,caf\xe9\n2,b\n", ["UTF-8"]),
        ("t.csv", b"", ["empty"]),
        ("t.csv", b"y,x\n", ["zero rows"]),
        ("t.csv", b"y,x\n1,2\n", ["one row"]),
        ("t.csv", b"y,x,y\n1,2,3\n1,2,3\n", ["more than one column", "'y'"]),
        ("t.csv", b"y,x\n1,2\n1,2,3,4\n", ["well-formed"]),
        ("t.csv", b"x;y\n1,5;2\n2;3\n", ["separated by semicolons", "commas"]),
        ("t.csv", b"y,x\n0,1,2\n1,3,4\n", ["one name fewer in its header", "row.names = FALSE"]),
        ("t.xls", b"1", ["unknown kind", "'.xls'"]),
        ("t.parquet", b"not parquet", ["not a readable Parquet file"]),
    ],
)
def test_bad_files_are_refused_by_name(tmp_path: Path, name: str, content: bytes, words: list[str]) -> None:
    path = write(tmp_path / name, content)
    with pytest.raises(InputError) as refused:
        read_table(path)
    for word in [*words, name]:
        assert word in str(refused.value)
    assert "\n" not in str(refused.value)


def test_missing_files_and_directories(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no file .*absent\.csv"):
        read_table(tmp_path / "absent.csv")
    (tmp_path / "d.csv").mkdir()
    with pytest.raises(InputError, match="directory"):
        read_table(tmp_path / "d.csv")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(InputError, match=r"pipe.csv' is a pipe or a device and no file; write its content to a file"):
        read_table(tmp_path / "pipe.csv")


def test_tables_in_memory() -> None:
    assert read_table({"y": [1, 2], 3: [4, 5]}).columns.tolist() == ["y", "3"]
    with pytest.raises(InputError, match="do not make a table"):
        read_table({"y": [1, 2], "x": [1, 2, 3]})
    with pytest.raises(InputError, match="cannot read a table from int"):
        read_table(3)
    with pytest.raises(InputError, match="more than one column named 'a'"):
        read_table(pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]))
    with pytest.raises(InputError, match="several levels"):
        read_table(pd.DataFrame(np.ones((2, 2)), columns=pd.MultiIndex.from_product([["a"], ["x", "y"]])))


def test_the_nearest_column_is_suggested() -> None:
    table = read_table({"weight": [1, 2], "height": [3, 4]})
    with pytest.raises(InputError, match="did you mean 'weight'"):
        require_column(table, "wieght")
    with pytest.raises(InputError, match="there are 'weight', 'height'"):
        require_column(table, "zzz")
    with pytest.raises(InputError, match="separated by something else"):
        require_column(read_table({"y;x": ["1;2", "3;4"]}), "y")


def test_incomplete_rows_are_counted_and_dropped_on_request() -> None:
    table = read_table({"y": [1, np.nan, 3, np.inf], "g": ["a", "b", None, "a"], "z": [None] * 4})
    with pytest.raises(InputError, match="3 of 4 rows") as refused:
        keep_complete(table, ["y", "g"], drop_missing=False)
    assert "'y': 2, first in row 2" in str(refused.value)
    assert "'g': 1, first in row 3" in str(refused.value)
    assert "--drop-missing" in str(refused.value)
    with pytest.raises(InputError, match="only 1 of 4"):
        keep_complete(table, ["y", "g"], drop_missing=True)
    kept, dropped = keep_complete(table, ["y"], drop_missing=True)
    assert (list(kept["y"]), dropped) == ([1.0, 3.0], 2)


def test_missing_marks_not_a_number_and_infinity_of_every_kind() -> None:
    assert missing(pd.Series([1.0, np.nan, -np.inf])).tolist() == [False, True, True]
    assert missing(pd.Series(["a", None])).tolist() == [False, True]
    assert missing(pd.Series([1, None], dtype="Int64")).tolist() == [False, True]
    assert missing(pd.Series([1.0, float("inf"), "a"], dtype=object)).tolist() == [0, 1, 0]
    odd = [Decimal("Infinity"), Decimal("sNaN"), Decimal("NaN"), np.float32("-inf"), np.float16("nan"), Decimal(1), 2]
    assert missing(pd.Series(odd, dtype=object)).tolist() == [True] * 5 + [False] * 2
    kept, dropped = keep_complete(read_table({"x": odd}), ["x"], drop_missing=True)
    assert (numbers(kept["x"]).tolist(), dropped) == ([1.0, 2.0], 5)


def test_text_where_numbers_belong_names_column_row_and_value() -> None:
    column = pd.Series(["1.5", "2", "oops", "4"], name="x")
    assert is_text(column)
    with pytest.raises(InputError, match="column 'x' must hold numbers, but row 3 is 'oops'"):
        numbers(column)
    assert levels(column)[1] == ["1.5", "2", "4", "oops"]


@pytest.mark.parametrize(
    ("values", "word"),
    [
        (pd.to_datetime(["2020-01-01", "2020-01-02"]), "dates"),
        ([1 + 2j, 3.0], "complex"),
        (pd.period_range("2020", periods=3, freq="Y"), "holds periods; convert it"),
        (pd.interval_range(0, 3), "holds intervals; convert it"),
        (pd.array([10**400, 1], dtype=object), "cannot be read"),
    ],
)
def test_other_columns_that_are_no_numbers(values: object, word: str) -> None:
    with pytest.raises(InputError, match=word):
        numbers(pd.Series(values, name="x"))


def test_levels_keep_order_and_names() -> None:
    codes, names = levels(pd.Series(["b", "a", "b"]))
    assert (codes.tolist(), names) == ([1, 0, 1], ["a", "b"])
    ordered = pd.Series(pd.Categorical(["lo", "hi"], categories=["lo", "mid", "hi"]))
    assert levels(ordered)[1] == ["lo", "hi"]
    assert levels(pd.Series([3.0, 1.0, 3.0]))[1] == ["1", "3"]
    assert level_name(True) == "True"
    assert level_name(0.5) == "0.5"


def test_columns_of_arrows_types_are_what_pandas_own_would_be(tmp_path: Path) -> None:
    plain = pd.DataFrame({"y": [1.5, 2.0, np.nan], "k": [1, 2, 3], "g": ["u", "v", None], "t": ["1.5", "2", "3"]})
    plain["c"] = pd.Categorical(["lo", "hi", "hi"], categories=["lo", "mid", "hi"])
    plain.to_parquet(tmp_path / "t.parquet")
    arrow = pd.read_parquet(tmp_path / "t.parquet", dtype_backend="pyarrow")
    arrow["c"] = pd.Series(pa.array(plain["c"]), dtype=pd.ArrowDtype(pa.array(plain["c"]).type))
    arrow["d"] = pd.Series([1, 2, 3], dtype=pd.ArrowDtype(pa.decimal128(5, 1)))
    table = read_table(pd.concat([arrow, arrow]))  # two chunks
    assert not any(isinstance(kind, pd.ArrowDtype) for kind in table.dtypes)
    assert [is_text(table[name]) for name in ("y", "k", "g", "t", "c", "d")] == [0, 0, 1, 1, 1, 0]
    assert missing(table["y"]).tolist() == missing(table["g"]).tolist() == [False, False, True] * 2
    assert levels(table["c"])[1] == ["lo", "hi"]
    assert numbers(table["d"]).tolist() == [1.0, 2.0, 3.0] * 2
    with pytest.raises(InputError, match="column 't' must hold numbers"):
        numbers(table["t"])


@pytest.mark.parametrize("kind", ["int64", "uint64", "Int64", "object"])
def test_whole_numbers_that_are_one_float_are_not_called_constant(kind: str) -> None:
    with pytest.raises(InputError, match="column 'x' differ only in digits beyond double precision"):
        numbers(pd.Series([2**62 + k for k in range(40)], dtype=kind, name="x"))
    assert set(numbers(pd.Series([2**62] * 3, dtype=kind))) == {2.0**62}


def test_spellings_of_missing_are_told_where_they_may_be_categories(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "y,g\n1,NA\n2,None\n,null\n4,u\n5,N/A\n")
    table = read_table(path)
    with pytest.raises(InputError, match="NA, N/A, NaN, None and null are read as missing: to keep one"):
        keep_complete(table, ["g"], drop_missing=False)
    with pytest.raises(InputError) as refused:
        keep_complete(table, ["y"], drop_missing=False)
    assert "None" not in str(refused.value)
    assert levels(read_table({"g": ["None", "NA", "u"]})["g"])[1] == ["NA", "None", "u"]
