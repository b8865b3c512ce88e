"""Answers of stage label: the CSV that the page, a person or a spreadsheet saved."""

import pytest

from pipeline.runtime.errors import UserError
from pipeline.stages.label.answers import read_answers


def write_answers(folder, text):
    file = folder / "answers.csv"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_answers_may_contain_commas_quotes_and_empty_labels(tmp_path):
    text = '\ufeffimage,label\n"a,b.png","say ""hi"""\nc.png, 10 \nd.png,2\ne.png,\n'
    answers = read_answers(write_answers(tmp_path, text), ["c.png", "d.png", "e.png", "a,b.png"])
    assert answers.names == ["2", "10", 'say "hi"'], "numbers in numerical order, then text"
    assert dict(zip(answers.rows.tolist(), answers.labels.tolist(), strict=True)) == {3: 2, 0: 1, 1: 0}


@pytest.mark.parametrize(
    "content",
    [
        b"image;label\r\n0;ant\r\n1478;b\xc3\xa4r\r\n",
        "\ufeffimage;label\r\n0;ant\r\n1478;bär\r\n".encode(),
        "image\tlabel\r\n0\tant\r\n1478\tbär\r\n".encode("utf-16"),
        "\ufeffimage,label\n0,ant\n1478,bär\n".encode("utf-16-be"),
        "sep=;\nimage;label\n0;ant\n1478;bär\n".encode(),
        "Image,Label\r0,ant\r1478,bär\r".encode(),
        " image , LABEL \n 0 , ant \n1478 , bär\n".encode(),
        "label,image\nant,0.0\nbär,1478.0\n".encode(),
        'image;label\n"0,0";ant\n1478,00;bär\n'.encode(),
        "image,label,,\n0,ant,,\n\n,,,\n1478,bär,,\n1478,bär\n5\n6,,,\n".encode(),
        "image;label;note\n0;ant;first, or not\n1478;bär;\n".encode(),
    ],
    ids=[
        "semicolon", "UTF-8 mark", "UTF-16", "UTF-16 big endian", "sep", "capitals and CR", "padded", "floats",
        "decimal comma", "empty cells", "further column",
    ],
)  # fmt: skip
def test_answers_are_read_as_spreadsheets_write_them(tmp_path, content, recorder):
    (tmp_path / "answers.csv").write_bytes(content)
    answers = read_answers(str(tmp_path / "answers.csv"), ["5", "6", "0", "1478"], recorder)
    assert answers.names == ["ant", "bär"]
    assert (answers.rows.tolist(), answers.labels.tolist()) == ([2, 3], [0, 1])
    assert not recorder.notes


def test_unknown_labels_are_ignored_and_a_single_class_is_noted(tmp_path, recorder):
    (tmp_path / "a.csv").write_text("image,label\na,NaN\nb,-1\nc,ant\nd,ant\n")
    answers = read_answers(str(tmp_path / "a.csv"), list("abcd"), recorder)
    assert (answers.names, answers.rows.tolist()) == (["ant"], [2, 3])
    assert recorder.notes == [
        "label.answers: 2 labels NaN or -1 are unknown, and are not spread",
        "label.answers: all answers are 'ant', so every image that they reach gets this label",
    ]


def test_answers_in_another_encoding_are_read_with_a_note(tmp_path, recorder):
    file = tmp_path / "answers.csv"
    file.write_bytes("image;label\na;bär\nb;fox\n".encode("cp1252"))
    assert read_answers(str(file), ["a", "b"], recorder).names == ["bär", "fox"]
    assert recorder.notes == [
        f"label.answers: {file} is not UTF-8 and is read as Windows-1252; if words are wrong, save it as CSV UTF-8"
    ]
    file.write_bytes(b"image;label\na;b\x81r\n")
    with pytest.raises(UserError, match=r"cannot read .* as CSV: byte 15 is not utf-8; save it as CSV UTF-8"):
        read_answers(str(file), ["a"])


def test_the_exact_name_of_an_image_comes_first(tmp_path):
    file = write_answers(tmp_path, "image,label\n1.0,ant\n1,bee\n a,cat\na,dog\n")
    answers = read_answers(file, ["1", "1.0", "a", " a"])
    labels = dict(zip(answers.rows.tolist(), [answers.names[i] for i in answers.labels], strict=True))
    assert labels == {1: "ant", 0: "bee", 3: "cat", 2: "dog"}


def test_labels_with_a_decimal_point_are_whole_numbers_only_if_all_are(tmp_path, recorder):
    whole = read_answers(write_answers(tmp_path, "image,label\na,3.0\nb,10\n"), ["a", "b"], recorder)
    assert whole.names == ["3", "10"]
    assert recorder.notes == ["label.answers: all labels are whole numbers, so that 3.0 is read as 3"]
    versions = read_answers(write_answers(tmp_path, "image,label\na,3.0\nb,3.5\n"), ["a", "b"], recorder)
    assert versions.names == ["3.0", "3.5"]
    assert len(recorder.notes) == 1


@pytest.mark.parametrize("separator", [";", "\t", ","])
def test_quoted_headers_may_have_any_separator(tmp_path, separator):
    text = "\n".join(
        separator.join(f'"{cell}"' for cell in row) for row in (("image", "label"), ("a", "cat"), ("b", "dog"))
    )
    assert read_answers(write_answers(tmp_path, text), ["a", "b"]).names == ["cat", "dog"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("picture,name\na,b\n", "has the columns picture, name; expected image and label"),
        ("image,label\na,\n", "contains no label"),
        ("image,label\nz,cat\n", "1 image in .* such as z in line 2; set run=ID"),
        ("image,label\na,cat\na,dog\n", "a has more than one label"),
        ("", "cannot read .* as CSV: it is empty"),
        ("image,label,Label\na,cat,dog\n", "has the columns image, label, Label; expected image and label, once each"),
        ("picture;name;x\na;b;c\n", "has the columns picture, name, x; .*separated by comma or semicolon or tab"),
        ("image,label\na,cat,black\n", "line 2 of .* has 3 cells and the header 2; put cells .* in double quotes"),
        ("sep=;\nimage;label\na;cat\n1478.5;dog\n", "1 image in .* such as 1478.5 in line 4"),
        ("image,label\na,cat\na ,dog\n", "a has more than one label"),
        ('image,label\n"a,cat\n', "cannot read .* as CSV: line 2: unexpected end of data"),
        ("image,label\na,c\0t\n", "cannot read .* as CSV: it is not a text file"),
        ("PK\x03\x04image,label\n", "cannot read .* as CSV: it is not a text file"),
    ],
)
def test_unusable_answers_are_explained(tmp_path, text, message):
    with pytest.raises(UserError, match=rf"^label\.answers: .*{message}"):
        read_answers(write_answers(tmp_path, text), ["a", "b"])


def test_missing_answers_are_explained_without_a_number(tmp_path):
    with pytest.raises(UserError, match=r"^label\.answers: cannot read .*no\.csv as CSV: No such file or directory$"):
        read_answers(str(tmp_path / "no.csv"), ["a"])
