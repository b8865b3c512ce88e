"""Files that are damaged, hostile or useless, each with the message that refuses them, and odd files that are read.

A case is its name, the choice of `data`, a function that writes into an empty folder and returns the path to read,
further keys of the group, and the message, in which `…` stands for any text.
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


def encode(array):
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    return buffer.getvalue()


def grey_png(value):
    return encode(np.full((5, 6), value, np.uint16))


def outline_png(column):
    """A white line on transparency."""
    pixels = np.zeros((5, 6, 4), np.uint8)
    pixels[:, column] = 255
    return encode(pixels)


def chunk(name, content):
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png_with_size(width, height):
    """A PNG of a few bytes whose header has this size."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 999)) + chunk(b"IEND", b"")
    )


def text_bomb():
    """A PNG with a comment that unpacks to 100 MB."""
    content = png()
    return content[:33] + chunk(b"zTXt", b"a\0\0" + zlib.compress(b"\0" * 100_000_000)) + content[33:]


POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 6 5\n(x) run\nshowpage\n%%EOF\n"


def write_files(root, **contents):
    """Write contents to files and return the folder; `__` in a name is a slash, and its last `_` a dot."""
    for name, content in contents.items():
        stem, _, ending = name.replace("__", "/").rpartition("_")
        (root / f"{stem}.{ending}").parent.mkdir(parents=True, exist_ok=True)
        (root / f"{stem}.{ending}").write_bytes(content)
    return root


def write_images(root, **more):
    return write_files(root, a_png=png(), b_png=png((9, 9, 9)), c_png=png((99, 9, 9)), **more)


def write_npz(root, **arrays):
    np.savez(root / "a.npz", **({"images": PIXELS} | arrays))
    return root / "a.npz"


def write_npz_in_order(root, arrays):
    np.savez(root / "a.npz", *arrays)
    return root / "a.npz"


def write_npy(root, array):
    np.save(root / "a.npy", array, allow_pickle=True)
    return root / "a.npy"


def write_bytes(root, content, name="a.npz"):
    (root / name).write_bytes(content)
    return root / name


def npy_bytes(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def write_zip(root, **members):
    """A zip file of .npy members; `__` in a name is `../`."""
    with zipfile.ZipFile(root / "a.npz", "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            opened.writestr(name.replace("__", "../") + ".npy", content)
    return root / "a.npz"


def npy_with_shape(shape, descr="|u1"):
    """The header of a .npy file with this shape, and 60 bytes of values."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": descr, "fortran_order": False, "shape": shape})
    return buffer.getvalue() + bytes(60)


class MakesFolder:
    """Unpickling it makes a folder."""

    def __reduce__(self):
        return (os.mkdir, ("unpickled",))


def write_idx(root, content=None, labels=None, ending=""):
    (root / f"train-images-idx3-ubyte{ending}").write_bytes(idx_bytes(PIXELS) if content is None else content)
    if labels is not None:
        (root / "train-labels-idx1-ubyte").write_bytes(idx_bytes(np.asarray(labels, np.uint8)))
    return root


def idx_bytes(array, shape=None, code=8):
    shape = array.shape if shape is None else shape
    return bytes([0, 0, code, len(shape)]) + np.array(shape, ">u4").tobytes() + array.tobytes()


def write_parquet(root, name="a.parquet", **columns):
    parquet.write_table(pa.table(columns), root / name)
    return root / name


CELLS = [png((i, 2 * i, 9)) for i in range(4)]


def link_to_itself(root):
    (root / "loop").symlink_to(root / "loop")
    return root / "loop"


def write_images_and_links(root):
    write_images(root)
    (root / "below").mkdir()
    (root / "below" / "up").symlink_to(root)
    (root / "self.png").symlink_to(root / "self.png")
    (root / "gone.png").symlink_to(root / "nowhere.png")
    return root


def write_images_below(root, name):
    (root / name).mkdir()
    return write_images(root / name)


def make_folder(root, name):
    (root / name).mkdir()
    return root / name


SKIP_NONE = {"skip_at_most": 0}
UNREADABLE = "data.skip_at_most = 0: 1 of 4 images in … cannot be read: d.png (…"

REFUSED = [
    # paths
    ("a missing path", FOLDER, lambda root: root / "nowhere", {}, "data.path: …/nowhere does not exist; give an existing file or folder"),
    ("a link to itself", FOLDER, link_to_itself, {}, "data.path = '…/loop': invalid path: …; give a file or folder"),
    ("NUL in the path", FOLDER, lambda root: f"{root}/\0", {}, "data.path = …: invalid path: …"),
    ("a name too long", FOLDER, lambda root: root / ("x" * 300), {}, "data.path = …: invalid path: …File name too long…"),
    ("a file instead of a folder", FOLDER, partial(write_bytes, content=b"x"), {}, "data.path: …a.npz is not a folder; give the folder of …"),
    ("a folder instead of a file", NPZ, lambda root: root, {}, "data.path: … cannot be read as .npz or .npy: …Is a directory…"),
    # image folders
    ("an empty folder", FOLDER, lambda root: root, {}, "data.path: … holds no image; image files end in .apng, .avif, …"),
    ("no file with the suffix of an image", FOLDER, lambda root: write_files(root, a_txt=b"x"), {}, "data.path: … holds no image; image files end …"),
    ("a single image", FOLDER, lambda root: write_files(root, a_png=png()), {}, "data.split = 'train': that part of image_folder has 1 image; …at least two images"),
    ("identical images", FOLDER, lambda root: write_files(root, a_png=png(), b_png=png()), {}, "data: all 2 images of image_folder are the same; there is nothing to cluster"),
    ("an empty file", FOLDER, lambda root: write_images(root, d_png=b""), SKIP_NONE, UNREADABLE),
    ("text named .png", FOLDER, lambda root: write_images(root, d_png=b"hello"), SKIP_NONE, UNREADABLE),
    ("a truncated PNG", FOLDER, lambda root: write_images(root, d_png=png()[:-40]), SKIP_NONE, UNREADABLE),
    ("a truncated JPEG", FOLDER, lambda root: write_images(root, d_png=png(kind="JPEG")[:-99]), SKIP_NONE, UNREADABLE),
    ("a flipped checksum", FOLDER, lambda root: write_images(root, d_png=png()[:30] + b"\xff" + png()[31:]), SKIP_NONE, UNREADABLE),
    ("a PNG of 3.6 gigapixels", FOLDER, lambda root: write_images(root, d_png=png_with_size(60_000, 60_000)), SKIP_NONE, "data.skip_at_most = 0: 1 of 4 images …d.png (…decompression bomb…"),
    ("a PNG of 100 megapixels", FOLDER, lambda root: write_images(root, d_png=png_with_size(10_000, 10_000)), SKIP_NONE, "data.skip_at_most = 0: 1 of 4 images …d.png (…decompression bomb…"),
    ("a PNG whose comment unpacks to 100 MB", FOLDER, lambda root: write_images(root, d_png=text_bomb()), SKIP_NONE, UNREADABLE),
    ("PostScript named .png", FOLDER, lambda root: write_images(root, d_png=POSTSCRIPT), SKIP_NONE, UNREADABLE),
    ("an unsupported format named .png", FOLDER, lambda root: write_images(root, d_png=png(kind="TGA")), SKIP_NONE, UNREADABLE),
    ("a PNG of width 0", FOLDER, lambda root: write_images(root, d_png=png_with_size(0, 5)), SKIP_NONE, UNREADABLE),
    ("no readable image", FOLDER, lambda root: write_files(root, a_png=b"x", b_png=b"y"), {}, "data.path: … holds no readable image: a.png (not an image, or damaged), b.png (…"),
    ("labels from folders without folders", FOLDER, write_images, {"labels_from": "folder"}, "data.labels_from = 'folder': no image lies in a sub-folder; set data.labels_from=none"),
    ("images identical once resized", FOLDER, lambda root: write_files(root, a_png=png(), b_png=png(size=(9, 9))), {"image_size": 4}, "data: all 2 images of image_folder are the same; …"),
    # .npz and .npy
    ("a damaged zip header", NPZ, partial(write_bytes, content=b"PK\3\4nonsense"), {}, "data.path: …a.npz cannot be read as .npz or .npy: File is not a zip file"),
    ("an empty .npz", NPZ, partial(write_bytes, content=b""), {}, "data.path: …a.npz cannot be read as .npz or .npy: No data left in file"),
    ("text named .npz", NPZ, partial(write_bytes, content=b"hello"), {}, "data.path: …a.npz cannot be read as .npz or .npy: it is neither, or holds Python objects (pickle), which …"),
    ("a pickle named .npy", NPZ, partial(write_bytes, content=pickle.dumps(MakesFolder()), name="a.npy"), {}, "data.path: …a.npy cannot be read as …holds Python objects (pickle), which are never loaded; …"),
    ("pickled objects in .npy", NPZ, partial(write_npy, array=np.array([MakesFolder()], object)), {}, "data.path: …a.npy cannot be read as …holds Python objects (pickle), which are never loaded; …"),
    ("pickled objects in .npz", NPZ, lambda root: write_npz(root, images=np.array([MakesFolder()], object)), {}, "data.path: …a.npz cannot be read as …holds Python objects (pickle), which are never loaded; …"),
    ("a zip member named ../images", NPZ, partial(write_zip, __images=npy_bytes(PIXELS)), {}, "data.path: …a.npz has ../images, but no images under a usual name such as images, …"),
    ("a zip member with an absolute path", NPZ, lambda root: write_zip(root, **{"/tmp/images": npy_bytes(PIXELS)}), {}, "data.path: …a.npz has /tmp/images, but no images under …"),
    ("a zip member that is not .npy", NPZ, lambda root: write_zip(root, images=b"hello"), {}, "data.path: …a.npz: images is no array"),
    ("a zip member with a huge shape", NPZ, lambda root: write_zip(root, images=npy_with_shape((2**40,))), {}, "data.path: …a.npz cannot be read as …"),
    ("a .npy with a huge shape", NPZ, partial(write_bytes, content=npy_with_shape((2**40, 2, 2)), name="a.npy"), {}, "data.path: …a.npy cannot be read as …"),
    ("a negative shape", NPZ, partial(write_bytes, content=npy_with_shape((-2, 2, 2)), name="a.npy"), {}, "data.path: …a.npy cannot be read as …"),
    ("a .npy header with a call", NPZ, partial(write_bytes, content=npy_with_shape((2,)).replace(b"'|u1'", b"exit("), name="a.npy"), {}, "data.path: …a.npy cannot be read as …"),
    ("a truncated .npz", NPZ, lambda root: write_bytes(root, write_npz(root).read_bytes()[:-40]), {}, "data.path: …a.npz cannot be read as …"),
    ("a truncated .npy", NPZ, lambda root: write_bytes(root, npy_bytes(PIXELS)[:-40], "a.npy"), {}, "data.path: …a.npy cannot be read as …"),
    ("no known array name", NPZ, lambda root: write_zip(root, pictures=npy_bytes(PIXELS)), {}, "data.path: …a.npz has pictures, but no images under a usual name such as images, …"),
    ("an empty archive", NPZ, write_zip, {}, "data.path: …a.npz has , but no images under …"),
    ("NaN", NPZ, lambda root: write_npz(root, images=np.full((4, 3, 3), np.nan)), {}, "data: images are float64 with values that are NaN or infinite; replace them by finite numbers"),
    ("one infinite pixel", NPZ, lambda root: write_npz(root, images=np.where(np.arange(36) == 7, np.inf, 0.5).reshape(4, 3, 3)), {}, "data: images are float64 with values that are NaN or infinite; replace them by finite numbers"),
    ("values above 1", NPZ, lambda root: write_npz(root, images=np.full((4, 3, 3), 1.5)), {}, "data: images are float64 from 1.5 to 1.5, which is no usual range; set the values of black and white, such as data.value_range=[1.5,1.5]"),
    ("negative values", NPZ, lambda root: write_npz(root, images=np.full((4, 3, 3), -2)), {}, "data: images are int64 from -2 to -2, which is no usual range; …"),
    ("text pixels", NPZ, lambda root: write_npz(root, images=np.full((4, 3, 3), "a")), {}, "data: train images are <U1; give uint8, or floats in [0, 1]"),
    ("complex numbers", NPZ, lambda root: write_npz(root, images=np.full((4, 3, 3), 1j)), {}, "data: train images are complex128; give uint8, or floats in [0, 1]"),
    ("structured dtype", NPZ, lambda root: write_npz(root, images=np.zeros((4, 3, 3), [("a", "u1")])), {}, "data: train images are [('a', 'u1')]; give uint8, …"),
    ("datetime pixels", NPZ, lambda root: write_npz(root, images=np.zeros((4, 3, 3), "M8[s]")), {}, "data: train images are datetime64[s]; give uint8, …"),
    ("flattened images", NPZ, lambda root: write_npz(root, images=np.zeros((4, 9), np.uint8)), {}, "data: train images have shape (4, 9); give (n, height, width) or (n, height, width, channels); set data.image_shape=[HEIGHT,WIDTH] for …"),
    ("a scalar", NPZ, lambda root: write_npz(root, images=np.uint8(5)), {}, "data: train images have shape (); give …"),
    ("zero images", NPZ, lambda root: write_npz(root, images=PIXELS[:0]), {}, "data.split = 'train': that part of npz has 0 images; …"),
    ("one image", NPZ, lambda root: write_npz(root, images=PIXELS[:1]), {}, "data.split = 'train': that part of npz has 1 image; …"),
    ("images without a pixel", NPZ, lambda root: write_npz(root, images=PIXELS[:, :0]), {}, "data: train images have shape (12, 0, 5, 1), which has no pixels; …"),
    ("identical images in .npz", NPZ, lambda root: write_npz(root, images=PIXELS[:1].repeat(9, axis=0)), {}, "data: all 9 images of npz are the same; there is nothing to cluster"),
    ("a test part of another size", NPZ, lambda root: write_npz(root, test_images=PIXELS[:, :5]), {}, "data: train images are (6, 5, 1), test images (5, 5, 1); they must agree"),
    ("too few labels", NPZ, lambda root: write_npz(root, labels=np.arange(11)), {}, "data: 11 labels for 12 images; give one label for each image"),
    ("too many labels", NPZ, lambda root: write_npz(root, labels=np.arange(13)), {}, "data: 13 labels for 12 images; give one label for each image"),
    ("labels of two columns", NPZ, lambda root: write_npz(root, labels=np.ones((12, 2))), {}, "data: labels have shape (12, 2); give one number or word for each image, (12,), …"),
    ("test labels without test images", NPZ, lambda root: write_npz(root, test_labels=np.arange(3)), {}, "data: 3 labels for 0 images; give one label for each image"),
    ("a subset larger than the set", NPZ, write_npz, {"train_size": 13}, "data.train_size = 13: there are only 12 images; give at most 12, or null for all"),
    ("an empty test part to fit", NPZ, write_npz, {"split": "test"}, "data.split = 'test': that part of npz has 0 images; …"),
    # IDX
    ("an empty folder for IDX", IDX, lambda root: root, {}, "data.path: … holds no train-images-idx3-ubyte or train-images-idx3-ubyte.gz"),
    ("text instead of IDX", IDX, partial(write_idx, content=b"hello, world"), {}, "…idx3-ubyte: not an IDX file (it should begin with 0, 0, a type code and the rank)"),
    ("an unknown IDX type", IDX, partial(write_idx, content=idx_bytes(PIXELS, code=7)), {}, "…idx3-ubyte: not an IDX file (…"),
    ("a truncated IDX header", IDX, partial(write_idx, content=idx_bytes(PIXELS)[:9]), {}, "…idx3-ubyte: truncated or damaged: the file ends within its 3 sizes"),
    ("IDX sizes larger than the file", IDX, partial(write_idx, content=idx_bytes(PIXELS, (13, 6, 5))), {}, "…idx3-ubyte: truncated or damaged: 376 bytes where 406 are expected"),
    ("IDX sizes smaller than the file", IDX, partial(write_idx, content=idx_bytes(PIXELS, (11, 6, 5))), {}, "…idx3-ubyte: truncated or damaged: 376 bytes where 346 are expected"),
    ("IDX sizes whose product overflows", IDX, partial(write_idx, content=idx_bytes(PIXELS[:0], (2**16,) * 4)), {}, "…idx3-ubyte: truncated or damaged: 20 bytes where 18446744073709551636 are expected"),
    ("the largest IDX sizes", IDX, partial(write_idx, content=idx_bytes(PIXELS, (2**32 - 1,) * 3)), {}, "…idx3-ubyte: truncated or damaged: 376 bytes where …"),
    ("IDX of rank 0", IDX, partial(write_idx, content=b"\0\0\x08\0\x05"), {}, "…idx3-ubyte: not an IDX file of images or labels: its rank is 0, not 1 to 4"),
    ("IDX of rank 200", IDX, partial(write_idx, content=idx_bytes(PIXELS, (1,) * 200)), {}, "…idx3-ubyte: not an IDX file of images or labels: its rank is 200, …"),
    ("gzipped IDX with huge sizes", IDX, partial(write_idx, content=gzip.compress(idx_bytes(PIXELS, (2**31, 2**11, 2**11))), ending=".gz"), {}, "…idx3-ubyte.gz: announces 8,388,608 GiB and … GiB of memory are free; it is damaged, or too large …"),
    ("gzipped IDX that unpacks to 50 MB more", IDX, partial(write_idx, content=gzip.compress(idx_bytes(PIXELS) + bytes(50_000_000)), ending=".gz"), {}, "…idx3-ubyte.gz: truncated or damaged: 377 bytes where 376 are expected"),
    ("a damaged gzip", IDX, partial(write_idx, content=gzip.compress(idx_bytes(PIXELS))[:-12], ending=".gz"), {}, "…idx3-ubyte.gz: damaged gzip file (…"),
    ("labels of another length", IDX, partial(write_idx, labels=[1, 2]), {}, "data: 2 labels for 12 images; give one label for each image"),
    ("IDX integers above 255", IDX, partial(write_idx, content=idx_bytes(np.full((3, 2, 2), 70_000, ">i4"), code=12)), {}, "data: images are int32 from 70000 to 70000, which is no usual range; …"),
    # Parquet
    ("text named .parquet", PARQUET, partial(write_bytes, content=b"hello", name="a.parquet"), {}, "data.path: …a.parquet cannot be read as Parquet: …"),
    ("a truncated Parquet", PARQUET, lambda root: write_bytes(root, write_parquet(root, image=CELLS).read_bytes()[:-9], "a.parquet"), {}, "data.path: …a.parquet cannot be read as Parquet: …"),
    ("no image column", PARQUET, partial(write_parquet, digit=[1, 2]), {}, "data.image_column: …a.parquet has no column named image or img and none that may hold images; set data.image_column to one of digit"),
    ("another image column", PARQUET, partial(write_parquet, picture=CELLS), {"image_column": "image"}, "data.image_column = 'image': …a.parquet has no such column; it has picture"),
    ("no label column", PARQUET, partial(write_parquet, image=CELLS), {"label_column": "digit"}, "data.label_column = 'digit': no such column in …a.parquet; it has image"),
    ("an image column of numbers", PARQUET, partial(write_parquet, image=[1, 2]), {}, "data.image_column = 'image': …a.parquet holds int64; it must hold encoded images, paths of images, or lists of pixels"),
    ("a CSV file", PARQUET, partial(write_bytes, content=b"image,label", name="a.csv"), {}, "data.path: …a.csv is a text table; data=csv reads one with a column for each pixel, data=image_list …"),
    ("zero rows", PARQUET, partial(write_parquet, image=pa.array([], pa.binary())), {}, "data.path: … holds no readable image"),
    ("a struct column without bytes and path", PARQUET, partial(write_parquet, image=[{"file": "a.png"}]), {}, "data.image_column = 'image': …a.parquet holds struct<file: string>; it must hold encoded images, …"),
    ("a path of no file", PARQUET, partial(write_parquet, image=["a.png"]), {}, "data.path: …a.parquet holds no readable image: a.parquet[0] (…No such file …"),
    ("a path of a file that is no image", PARQUET, partial(write_parquet, image=[{"bytes": CELLS[0], "path": ""}, {"bytes": None, "path": "/etc/passwd"}]), SKIP_NONE, "data.skip_at_most = 0: 1 of 2 images in … cannot be read: a.parquet[1] (…"),
    ("a PNG of 3.6 gigapixels in a cell", PARQUET, partial(write_parquet, image=[*CELLS, png_with_size(60_000, 60_000)]), SKIP_NONE, "data.skip_at_most = 0: 1 of 5 images …a.parquet[4] (…decompression bomb…"),
    ("an empty folder for Parquet", PARQUET, lambda root: make_folder(root, "empty"), {}, "data.path: … holds no .parquet file"),
]  # fmt: skip

ACCEPTED = [
    ("spaces and other alphabets", FOLDER, partial(write_images_below, name="Bilder von Zoë 猫 🐈 'x' \"y\""), {}),
    ("a line break in a name", FOLDER, partial(write_images_below, name="a\nb"), {}),
    ("broken and circular links in the folder", FOLDER, write_images_and_links, {}),
    ("one unreadable image", FOLDER, lambda root: write_images(root, d_png=b"x"), {}),
    ("a single class", FOLDER, lambda root: write_files(root, cat__a_png=png(), cat__b_png=png((9, 9, 9))), {"labels_from": "folder"}),
    ("a TIFF named .png, and a PNG named .txt", FOLDER, lambda root: write_images(root, d_png=png(kind="TIFF"), e_txt=png((8, 8, 8))), {}),
    ("16-bit PNG", FOLDER, lambda root: write_files(root, a_png=grey_png(200), b_png=grey_png(60_000)), {}),
    ("light content on transparency", FOLDER, lambda root: write_files(root, a_png=outline_png(1), b_png=outline_png(2)), {}),
    ("train, val and test folders", FOLDER, lambda root: write_files(root, d__train__x__a_png=png(), d__val__y__b_png=png((9, 9, 9)), d__test__x__c_png=png()), {"labels_from": "folder"}),
    ("constant pixels", NPZ, lambda root: write_npz(root, images=np.pad(PIXELS, ((0, 0), (3, 3), (3, 3)))), {}),
    ("images of one value each", NPZ, lambda root: write_npz(root, images=np.arange(12, dtype=np.uint8).repeat(9).reshape(12, 3, 3)), {}),
    ("a single label", NPZ, lambda root: write_npz(root, labels=np.full(12, 3)), {}),
    ("flat images and their shape", NPZ, lambda root: write_npz(root, images=PIXELS.reshape(12, 30)), {"image_shape": [6, 5]}),
    ("images and labels without names", NPZ, partial(write_npz_in_order, arrays=(PIXELS, np.arange(12))), {}),
    ("one-hot labels", NPZ, lambda root: write_npz(root, labels=np.eye(12)), {}),
    ("labels with NaN", NPZ, lambda root: write_npz(root, labels=np.where(np.arange(12) < 3, np.nan, 1)), {}),
    ("labels as bytes", NPZ, lambda root: write_npz(root, labels=np.array([b"cls0", b"\xff"] * 6)), {}),
    ("very large integer labels", NPZ, lambda root: write_npz(root, labels=np.arange(12) * 10**9 - 5), {}),
    ("labels of the test part beyond the train part's", NPZ, lambda root: write_npz(root, labels=np.arange(12) % 2, test_images=PIXELS[:2], test_labels=np.array([1, 7])), {}),
    ("a mask of 0 and 1", NPZ, lambda root: write_npz(root, images=(PIXELS > 99).astype(np.uint8)), {}),
    ("channels first", NPZ, lambda root: write_npz(root, images=np.stack([PIXELS] * 2, axis=1).repeat(2, axis=3)), {}),
    ("pixels from -1 to 1", NPZ, lambda root: write_npz(root, images=PIXELS / 127.5 - 1), {}),
    ("12 bits in 16", NPZ, lambda root: write_npz(root, images=PIXELS.astype(np.uint16) * 16), {}),
    ("boolean pixels", NPZ, lambda root: write_npz(root, images=PIXELS > 99), {}),
    ("one pixel", NPZ, lambda root: write_npz(root, images=PIXELS[:, :1, :1]), {}),
    ("Fortran order", NPZ, lambda root: write_npz(root, images=np.asfortranarray(PIXELS)), {}),
    ("big-endian floats", NPZ, lambda root: write_npz(root, images=(PIXELS / 255).astype(">f8")), {}),
    ("a folder named .parquet", PARQUET, lambda root: write_parquet(make_folder(root, "set.parquet"), image=CELLS).parent, {}),
]  # fmt: skip
