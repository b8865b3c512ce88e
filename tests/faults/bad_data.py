"""Files that are damaged, hostile or of no use, each with the line that refuses them; and odd ones that must work.

A case is its name, the choice of `data`, a function that writes into an empty folder and returns the path to give,
further keys of the group, and the line; three dots stand for any text, an empty line for images that are read.
"""

import gzip
import io
import os
import pickle
import struct
import zipfile
import zlib
from functools import partial

import numpy as np
import pyarrow as pa
from PIL import Image
from pyarrow import parquet

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (12, 6, 5), np.uint8)
FOLDER, NPZ, IDX, PARQUET = "image_folder", "npz", "idx", "parquet"


def png(colour=(1, 2, 3), size=(6, 5), kind="PNG"):
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, kind)
    return buffer.getvalue()


def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def claiming(width, height):
    """A PNG of a few bytes whose header claims a size."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 999)) + chunk(b"IEND", b"")
    )


def text_bomb():
    """A PNG with a comment that unpacks to 100 MB."""
    whole = png()
    return whole[:33] + chunk(b"zTXt", b"a\0\0" + zlib.compress(b"\0" * 100_000_000)) + whole[33:]


POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 6 5\n(x) run\nshowpage\n%%EOF\n"


def files(root, **contents):
    """Write contents under their names, of which `__` is a slash and the last `_` a dot; return the folder."""
    for name, content in contents.items():
        stem, _, ending = name.replace("__", "/").rpartition("_")
        (root / f"{stem}.{ending}").parent.mkdir(parents=True, exist_ok=True)
        (root / f"{stem}.{ending}").write_bytes(content)
    return root


def pictures(root, **more):
    return files(root, a_png=png(), b_png=png((9, 9, 9)), c_png=png((99, 9, 9)), **more)


def npz(root, **arrays):
    np.savez(root / "a.npz", **({"images": PIXELS} | arrays))
    return root / "a.npz"


def npy(root, array):
    np.save(root / "a.npy", array, allow_pickle=True)
    return root / "a.npy"


def raw(root, content, name="a.npz"):
    (root / name).write_bytes(content)
    return root / name


def member(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def archive(root, **members):
    """A zip file with these members, `__` in their names being `../`."""
    with zipfile.ZipFile(root / "a.npz", "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            opened.writestr(name.replace("__", "../") + ".npy", content)
    return root / "a.npz"


def header(shape, descr="|u1"):
    """The head of a .npy file that claims a shape, and 60 bytes of values."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": descr, "fortran_order": False, "shape": shape})
    return buffer.getvalue() + bytes(60)


class Evil:
    def __reduce__(self):
        return (os.mkdir, ("unpickled",))


def idx(root, content=None, labels=None, ending=""):
    (root / f"train-images-idx3-ubyte{ending}").write_bytes(idx_bytes(PIXELS) if content is None else content)
    if labels is not None:
        (root / "train-labels-idx1-ubyte").write_bytes(idx_bytes(np.asarray(labels, np.uint8)))
    return root


def idx_bytes(array, shape=None, code=8):
    shape = array.shape if shape is None else shape
    return bytes([0, 0, code, len(shape)]) + np.array(shape, ">u4").tobytes() + array.tobytes()


def table(root, name="a.parquet", **columns):
    parquet.write_table(pa.table(columns), root / name)
    return root / name


CELLS = [png((i, 2 * i, 9)) for i in range(4)]


def loop(root):
    (root / "loop").symlink_to(root / "loop")
    return root / "loop"


def loop_within(root):
    pictures(root)
    (root / "below").mkdir()
    (root / "below" / "up").symlink_to(root)
    (root / "self.png").symlink_to(root / "self.png")
    (root / "gone.png").symlink_to(root / "nowhere.png")
    return root


def named(root, name):
    (root / name).mkdir()
    return pictures(root / name)


def sub(root, name):
    (root / name).mkdir()
    return root / name


ONE = {"skip_at_most": 0}
UNREADABLE = "data.skip_at_most = 0: 1 of 4 pictures in … cannot be read: d.png (…"

BAD = [
    # paths
    ("nowhere", FOLDER, lambda root: root / "nowhere", {}, "data.path: …/nowhere does not exist; give an existing file or folder"),
    ("a link to itself", FOLDER, loop, {}, "data.path = '…/loop': leads nowhere: …; give a file or folder"),
    ("a zero in the name", FOLDER, lambda root: f"{root}/\0", {}, "data.path = …: leads nowhere: …"),
    ("a name too long", FOLDER, lambda root: root / ("x" * 300), {}, "data.path = …: leads nowhere: …File name too long…"),
    ("a file where a folder is wanted", FOLDER, partial(raw, content=b"x"), {}, "data.path: …a.npz is not a folder; give the folder that …"),
    ("a folder where a file is wanted", NPZ, lambda root: root, {}, "data.path: … cannot be read as .npz or .npy: …Is a directory…"),
    # folders of pictures
    ("an empty folder", FOLDER, lambda root: root, {}, "data.path: … holds no picture; files that end in .bmp, .gif, …"),
    ("no picture by name", FOLDER, lambda root: files(root, a_txt=b"x"), {}, "data.path: … holds no picture; files that end …"),
    ("one picture", FOLDER, lambda root: files(root, a_png=png()), {}, "data.split = 'train': that part of image_folder has 1 images; …at least two images"),
    ("pictures that are all the same", FOLDER, lambda root: files(root, a_png=png(), b_png=png()), {}, "data: all 2 images of image_folder are the same; there is nothing to cluster"),
    ("mixed sizes", FOLDER, lambda root: pictures(root, d_png=png(size=(3, 3))), {}, "data.image_size: the pictures in … are of different sizes: 6×5 (3, such as a.png), 3×3 (1, …); set data.image_size, …"),
    ("an empty file", FOLDER, lambda root: pictures(root, d_png=b""), ONE, UNREADABLE),
    ("text called a picture", FOLDER, lambda root: pictures(root, d_png=b"hello"), ONE, UNREADABLE),
    ("a truncated PNG", FOLDER, lambda root: pictures(root, d_png=png()[:-40]), ONE, UNREADABLE),
    ("a truncated JPEG", FOLDER, lambda root: pictures(root, d_png=png(kind="JPEG")[:-99]), ONE, UNREADABLE),
    ("a flipped checksum", FOLDER, lambda root: pictures(root, d_png=png()[:30] + b"\xff" + png()[31:]), ONE, UNREADABLE),
    ("a decompression bomb", FOLDER, lambda root: pictures(root, d_png=claiming(60_000, 60_000)), ONE, "data.skip_at_most = 0: 1 of 4 pictures …d.png (…decompression bomb…"),
    ("a smaller bomb", FOLDER, lambda root: pictures(root, d_png=claiming(10_000, 10_000)), ONE, "data.skip_at_most = 0: 1 of 4 pictures …d.png (…decompression bomb…"),
    ("a bomb in a comment", FOLDER, lambda root: pictures(root, d_png=text_bomb()), ONE, UNREADABLE),
    ("a program called a picture", FOLDER, lambda root: pictures(root, d_png=POSTSCRIPT), ONE, UNREADABLE),
    ("a format that is not read", FOLDER, lambda root: pictures(root, d_png=png(kind="TIFF")), ONE, UNREADABLE),
    ("a picture without pixels", FOLDER, lambda root: pictures(root, d_png=claiming(0, 5)), ONE, UNREADABLE),
    ("nothing readable", FOLDER, lambda root: files(root, a_png=b"x", b_png=b"y"), {}, "data.path: … holds no readable picture"),
    ("labels from folders without folders", FOLDER, pictures, {"labels_from": "folder"}, "data.labels_from = 'folder': no picture lies in a sub-folder; set data.labels_from=none"),
    ("a resized size that leaves one colour", FOLDER, lambda root: files(root, a_png=png(), b_png=png(size=(9, 9))), {"image_size": 4}, "data: all 2 images of image_folder are the same; …"),
    # .npz and .npy
    ("no zip", NPZ, partial(raw, content=b"PK\3\4nonsense"), {}, "data.path: …a.npz cannot be read as .npz or .npy: File is not a zip file"),
    ("empty", NPZ, partial(raw, content=b""), {}, "data.path: …a.npz cannot be read as .npz or .npy: No data left in file"),
    ("text", NPZ, partial(raw, content=b"hello"), {}, "data.path: …a.npz cannot be read as .npz or .npy: it is neither, or holds Python objects (pickle), which …"),
    ("a pickle", NPZ, partial(raw, content=pickle.dumps(Evil()), name="a.npy"), {}, "data.path: …a.npy cannot be read as …holds Python objects (pickle), which are never loaded; …"),
    ("pickled objects in .npy", NPZ, partial(npy, array=np.array([Evil()], object)), {}, "data.path: …a.npy cannot be read as …holds Python objects (pickle), which are never loaded; …"),
    ("pickled objects in .npz", NPZ, lambda root: npz(root, images=np.array([Evil()], object)), {}, "data.path: …a.npz cannot be read as …holds Python objects (pickle), which are never loaded; …"),
    ("a member that climbs out", NPZ, partial(archive, __images=member(PIXELS)), {}, "data.path: …a.npz has ../images, but no images under any of: images, x, …"),
    ("a member with an absolute name", NPZ, lambda root: archive(root, **{"/tmp/images": member(PIXELS)}), {}, "data.path: …a.npz has /tmp/images, but no images under …"),
    ("a member that is no array", NPZ, lambda root: archive(root, images=b"hello"), {}, "data.path: …a.npz: images is no array"),
    ("a member that claims too much", NPZ, lambda root: archive(root, images=header((2**40,))), {}, "data.path: …a.npz cannot be read as …"),
    ("a file that claims too much", NPZ, partial(raw, content=header((2**40, 2, 2)), name="a.npy"), {}, "data.path: …a.npy cannot be read as …"),
    ("a negative size", NPZ, partial(raw, content=header((-2, 2, 2)), name="a.npy"), {}, "data.path: …a.npy cannot be read as …"),
    ("a header that is code", NPZ, partial(raw, content=header((2,)).replace(b"'|u1'", b"exit("), name="a.npy"), {}, "data.path: …a.npy cannot be read as …"),
    ("a truncated .npz", NPZ, lambda root: raw(root, npz(root).read_bytes()[:-40]), {}, "data.path: …a.npz cannot be read as …"),
    ("a truncated .npy", NPZ, lambda root: raw(root, member(PIXELS)[:-40], "a.npy"), {}, "data.path: …a.npy cannot be read as …"),
    ("other names", NPZ, lambda root: archive(root, pictures=member(PIXELS)), {}, "data.path: …a.npz has pictures, but no images under any of: images, x, x_train, …"),
    ("an empty archive", NPZ, archive, {}, "data.path: …a.npz has , but no images under any of: …"),
    ("NaN", NPZ, lambda root: npz(root, images=np.full((4, 3, 3), np.nan)), {}, "data: train images are float64 from nan to nan; give uint8, or floats in [0, 1]"),
    ("one infinite pixel", NPZ, lambda root: npz(root, images=np.where(np.arange(36) == 7, np.inf, 0.5).reshape(4, 3, 3)), {}, "data: train images are float64 from 0.5 to inf; give uint8, …"),
    ("values above 1", NPZ, lambda root: npz(root, images=np.full((4, 3, 3), 255.0)), {}, "data: train images are float64 from 255.0 to 255.0; give uint8, or floats in [0, 1]"),
    ("negative values", NPZ, lambda root: npz(root, images=np.full((4, 3, 3), -1)), {}, "data: train images are int64 from -1 to -1; give uint8, or floats in [0, 1]"),
    ("words", NPZ, lambda root: npz(root, images=np.full((4, 3, 3), "a")), {}, "data: train images are <U1; give uint8, or floats in [0, 1]"),
    ("complex numbers", NPZ, lambda root: npz(root, images=np.full((4, 3, 3), 1j)), {}, "data: train images are complex128; give uint8, or floats in [0, 1]"),
    ("records", NPZ, lambda root: npz(root, images=np.zeros((4, 3, 3), [("a", "u1")])), {}, "data: train images are [('a', 'u1')]; give uint8, …"),
    ("dates", NPZ, lambda root: npz(root, images=np.zeros((4, 3, 3), "M8[s]")), {}, "data: train images are datetime64[s]; give uint8, …"),
    ("flat images", NPZ, lambda root: npz(root, images=np.zeros((4, 9), np.uint8)), {}, "data: train images have shape (4, 9); give (n, height, width) or (n, height, width, channels)"),
    ("one number", NPZ, lambda root: npz(root, images=np.uint8(5)), {}, "data: train images have shape (); give …"),
    ("no image", NPZ, lambda root: npz(root, images=PIXELS[:0]), {}, "data.split = 'train': that part of npz has 0 images; …"),
    ("one image", NPZ, lambda root: npz(root, images=PIXELS[:1]), {}, "data.split = 'train': that part of npz has 1 images; …"),
    ("images without a pixel", NPZ, lambda root: npz(root, images=PIXELS[:, :0]), {}, "data: train images have shape (12, 0, 5, 1): images without a pixel; …"),
    ("images that are all the same", NPZ, lambda root: npz(root, images=PIXELS[:1].repeat(9, axis=0)), {}, "data: all 9 images of npz are the same; there is nothing to cluster"),
    ("a test part of another size", NPZ, lambda root: npz(root, test_images=PIXELS[:, :5]), {}, "data: train images are (6, 5, 1), test images (5, 5, 1); they must agree"),
    ("too few labels", NPZ, lambda root: npz(root, labels=np.arange(11)), {}, "data: 11 labels for 12 images; give one each"),
    ("too many labels", NPZ, lambda root: npz(root, labels=np.arange(13)), {}, "data: 13 labels for 12 images; give one each"),
    ("one-hot labels", NPZ, lambda root: npz(root, labels=np.eye(12)), {}, "data: labels have shape (12, 12); give one number or word for each image, (12,)"),
    ("labels for no test part", NPZ, lambda root: npz(root, test_labels=np.arange(3)), {}, "data: 3 labels for 0 images; give one each"),
    ("a subset larger than the whole", NPZ, npz, {"train_size": 13}, "data.train_size = 13: there are only 12 images; give at most 12, or null for all"),
    ("an empty test part to fit", NPZ, npz, {"split": "test"}, "data.split = 'test': that part of npz has 0 images; …"),
    # IDX
    ("an empty folder for IDX", IDX, lambda root: root, {}, "data.path: … holds no train-images-idx3-ubyte or train-images-idx3-ubyte.gz"),
    ("no IDX", IDX, partial(idx, content=b"hello, world"), {}, "…idx3-ubyte: not an IDX file (it should begin with 0, 0, a type code and the rank)"),
    ("an unknown type", IDX, partial(idx, content=idx_bytes(PIXELS, code=7)), {}, "…idx3-ubyte: not an IDX file (…"),
    ("a header alone", IDX, partial(idx, content=idx_bytes(PIXELS)[:9]), {}, "…idx3-ubyte: truncated or damaged: it ends before its 3 sizes do"),
    ("sizes beyond the values", IDX, partial(idx, content=idx_bytes(PIXELS, (13, 6, 5))), {}, "…idx3-ubyte: truncated or damaged: 376 bytes where 406 are expected"),
    ("sizes below the values", IDX, partial(idx, content=idx_bytes(PIXELS, (11, 6, 5))), {}, "…idx3-ubyte: truncated or damaged: 376 bytes where 346 are expected"),
    ("sizes that wrap around", IDX, partial(idx, content=idx_bytes(PIXELS[:0], (2**16,) * 4)), {}, "…idx3-ubyte: truncated or damaged: 20 bytes where 18446744073709551636 are expected"),
    ("the largest sizes there are", IDX, partial(idx, content=idx_bytes(PIXELS, (2**32 - 1,) * 3)), {}, "…idx3-ubyte: truncated or damaged: 376 bytes where …"),
    ("no dimension", IDX, partial(idx, content=b"\0\0\x08\0\x05"), {}, "…idx3-ubyte: not an IDX file of images or labels: its rank is 0, not 1 to 4"),
    ("too many dimensions", IDX, partial(idx, content=idx_bytes(PIXELS, (1,) * 200)), {}, "…idx3-ubyte: not an IDX file of images or labels: its rank is 200, …"),
    ("packed sizes that lie", IDX, partial(idx, content=gzip.compress(idx_bytes(PIXELS, (2**31, 2**11, 2**11))), ending=".gz"), {}, "…idx3-ubyte.gz: announces 8,388,608 GiB and … GiB of memory are free; it is damaged, or too large …"),
    ("a packed bomb", IDX, partial(idx, content=gzip.compress(idx_bytes(PIXELS) + bytes(50_000_000)), ending=".gz"), {}, "…idx3-ubyte.gz: truncated or damaged: 377 bytes where 376 are expected"),
    ("a damaged gzip", IDX, partial(idx, content=gzip.compress(idx_bytes(PIXELS))[:-12], ending=".gz"), {}, "…idx3-ubyte.gz: damaged gzip file (…"),
    ("labels of another length", IDX, partial(idx, labels=[1, 2]), {}, "data: 2 labels for 12 images; give one each"),
    ("integers that are no pixels", IDX, partial(idx, content=idx_bytes(np.full((3, 2, 2), 300, ">i4"), code=12)), {}, "data: train images are int32 from 300 to 300; …"),
    # Parquet
    ("no Parquet", PARQUET, partial(raw, content=b"hello", name="a.parquet"), {}, "data.path: …a.parquet cannot be read as Parquet: …"),
    ("a truncated Parquet", PARQUET, lambda root: raw(root, table(root, image=CELLS).read_bytes()[:-9], "a.parquet"), {}, "data.path: …a.parquet cannot be read as Parquet: …"),
    ("another column", PARQUET, partial(table, picture=CELLS), {}, "data.image_column = 'image': …a.parquet has no such column; it has picture"),
    ("numbers for pictures", PARQUET, partial(table, image=[1, 2]), {}, "data.image_column = 'image': it holds int64 in …; it must hold encoded pictures"),
    ("no row", PARQUET, partial(table, image=pa.array([], pa.binary())), {}, "data.path: … holds no readable picture"),
    ("a structure without bytes", PARQUET, partial(table, image=[{"path": "a.png"}]), {}, "data.image_column = 'image': it holds struct<path: string> in …; it must hold encoded pictures"),
    ("a path that is not followed", PARQUET, partial(table, image=[{"bytes": CELLS[0], "path": ""}, {"bytes": None, "path": "/etc/passwd"}]), ONE, "data.skip_at_most = 0: 1 of 2 pictures in … cannot be read: a.parquet[1] (…"),
    ("a bomb in a cell", PARQUET, partial(table, image=[*CELLS, claiming(60_000, 60_000)]), ONE, "data.skip_at_most = 0: 1 of 5 pictures …a.parquet[4] (…decompression bomb…"),
    ("an empty folder for Parquet", PARQUET, lambda root: sub(root, "empty"), {}, "data.path: … holds no .parquet file"),
]  # fmt: skip

GOOD = [
    ("spaces and other alphabets", FOLDER, partial(named, name="Bilder von Zoë 猫 🐈 'x' \"y\""), {}),
    ("a line break in a name", FOLDER, partial(named, name="a\nb"), {}),
    ("a name that is no text", FOLDER, lambda root: named(root, os.fsdecode(b"\xff\xfe")), {}),
    ("links in loops within", FOLDER, loop_within, {}),
    ("one unreadable picture of many", FOLDER, lambda root: pictures(root, d_png=b"x"), {}),
    ("a single class", FOLDER, lambda root: files(root, cat__a_png=png(), cat__b_png=png((9, 9, 9))), {"labels_from": "folder"}),
    ("constant pixels", NPZ, lambda root: npz(root, images=np.pad(PIXELS, ((0, 0), (3, 3), (3, 3)))), {}),
    ("images of one value each", NPZ, lambda root: npz(root, images=np.arange(12, dtype=np.uint8).repeat(9).reshape(12, 3, 3)), {}),
    ("a single label", NPZ, lambda root: npz(root, labels=np.full(12, 3)), {}),
    ("labels that are names", NPZ, lambda root: npz(root, labels=np.arange(12) * 10**9 - 5), {}),
    ("labels of the test part beyond the train part's", NPZ, lambda root: npz(root, labels=np.arange(12) % 2, test_images=PIXELS[:2], test_labels=np.array([1, 7])), {}),
    ("truth values", NPZ, lambda root: npz(root, images=PIXELS > 99), {}),
    ("one pixel", NPZ, lambda root: npz(root, images=PIXELS[:, :1, :1]), {}),
    ("Fortran's order", NPZ, lambda root: npz(root, images=np.asfortranarray(PIXELS)), {}),
    ("big-endian floats", NPZ, lambda root: npz(root, images=(PIXELS / 255).astype(">f8")), {}),
    ("a folder called .parquet", PARQUET, lambda root: table(sub(root, "set.parquet"), image=CELLS).parent, {}),
]  # fmt: skip
