// Thumbnails, cut out of sprite sheets; a sheet is decoded when one of its thumbnails is first shown.

const layout = data.sheets;
const [thumbnailHeight, thumbnailWidth] = layout.thumbnail;
const thumbnailsPerSheet = layout.rows * layout.columns;

// About 100 MB of decoded sheets are kept, and always those of the last frame, or panning would decode them again.
const MAX_DECODED_SHEETS = Math.ceil(25e6 / (thumbnailsPerSheet * layout.cell[0] * layout.cell[1]));

/** @typedef {{ bitmap: ImageBitmap | null, decoded: Promise<ImageBitmap>, lastFrame: number }} Sheet */

/** @type {Map<number, Sheet>} Least recently used first. */
const decodedSheets = new Map();
let currentFrame = 0;

/** @type {Promise<void>} */
const documentParsed = new Promise((resolve) => {
  addEventListener("DOMContentLoaded", () => resolve());
});

/**
 * The text of a sheet, or null while the browser is still reading it.
 *
 * @param {number} number
 */
function sheetText(number) {
  const element = document.getElementById(`sheet-${number}`);
  const isComplete = element && (element.nextElementSibling || document.readyState !== "loading");
  return isComplete ? element.textContent : null;
}

/** @param {number} number */
async function decodeSheet(number) {
  if (sheetText(number) === null) await documentParsed;
  const bytes = decodeBase64(sheetText(number) ?? "");
  return createImageBitmap(new Blob([bytes], { type: "image/webp" }));
}

/**
 * @param {number} number
 * @returns {Sheet}
 */
function openSheet(number) {
  let sheet = decodedSheets.get(number);
  if (!sheet) {
    /** @type {Sheet} */
    const opened = { bitmap: null, decoded: decodeSheet(number), lastFrame: currentFrame };
    opened.decoded.then((bitmap) => {
      opened.bitmap = bitmap;
      emit("overlay");
    });
    sheet = opened;
    forgetOldSheets();
  }
  decodedSheets.delete(number);
  decodedSheets.set(number, sheet); // to the end
  return sheet;
}

function forgetOldSheets() {
  for (const [number, sheet] of decodedSheets) {
    if (decodedSheets.size < MAX_DECODED_SHEETS || sheet.lastFrame >= currentFrame - 1) return;
    decodedSheets.delete(number);
  }
}

/** @param {number} i */
function sheetAndCell(i) {
  const slot = columns.slot[i],
    cell = slot % thumbnailsPerSheet;
  return {
    sheet: openSheet(Math.floor(slot / thumbnailsPerSheet)),
    x: (cell % layout.columns) * layout.cell[1],
    y: Math.floor(cell / layout.columns) * layout.cell[0],
  };
}

/**
 * Draw the thumbnail of image i on a frame of the map; false while its sheet is being decoded, after which the
 * overlay is drawn again.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {number} i
 * @param {[x: number, y: number, width: number, height: number]} target
 */
function drawThumbnail(context, i, target) {
  const { sheet, x, y } = sheetAndCell(i);
  sheet.lastFrame = currentFrame;
  if (!sheet.bitmap) return false;
  context.drawImage(sheet.bitmap, x, y, thumbnailWidth, thumbnailHeight, ...target);
  return true;
}

const cropCanvas = h("canvas", { width: thumbnailWidth, height: thumbnailHeight });
const cropContext = /** @type {CanvasRenderingContext2D} */ (cropCanvas.getContext("2d", { willReadFrequently: true }));

/**
 * The thumbnail of image i as an element, empty until its sheet is decoded. It is no canvas, because each canvas is a
 * layer of its own, and hundreds of layers scroll four times as slowly.
 *
 * @param {number} i
 */
function thumbnailElement(i, alt = "") {
  const image = h("img", { class: "thumbnail", alt });
  const { sheet, x, y } = sheetAndCell(i);
  const show = (/** @type {ImageBitmap} */ bitmap) => {
    cropContext.clearRect(0, 0, thumbnailWidth, thumbnailHeight);
    cropContext.drawImage(bitmap, -x, -y);
    image.src = cropCanvas.toDataURL();
  };
  if (sheet.bitmap) show(sheet.bitmap);
  else sheet.decoded.then(show);
  return image;
}

// Few pixels are shown as squares; larger images would look jagged.
document.documentElement.classList.toggle("pixelated", Math.max(...layout.thumbnail) <= 64);
