// Images by their position on the map: a grid of cells that hold about four images each.

const cellsPerSide = Math.max(Math.ceil(Math.sqrt(n / 4)), 1);
const cellWidth = Math.max(bounds.right - bounds.left, 1e-9) / cellsPerSide;
const cellHeight = Math.max(bounds.top - bounds.bottom, 1e-9) / cellsPerSide;
/** @param {number} x */
const cellColumn = (x) => clamp(Math.floor((x - bounds.left) / cellWidth), 0, cellsPerSide - 1);
/** @param {number} y */
const cellRow = (y) => clamp(Math.floor((y - bounds.bottom) / cellHeight), 0, cellsPerSide - 1);

// The images of cell c are imagesByCell[cellStart[c]] to imagesByCell[cellStart[c + 1] - 1].
const cellStart = new Int32Array(cellsPerSide ** 2 + 1);
const imagesByCell = new Int32Array(n);
{
  const cellOf = (/** @type {number} */ i) => cellRow(columns.y[i]) * cellsPerSide + cellColumn(columns.x[i]);
  const cells = Int32Array.from({ length: n }, (_, i) => cellOf(i));
  for (const cell of cells) cellStart[cell + 1]++;
  for (let cell = 0; cell < cellsPerSide ** 2; cell++) cellStart[cell + 1] += cellStart[cell];
  const next = cellStart.slice();
  for (let i = 0; i < n; i++) imagesByCell[next[cells[i]]++] = i;
}

/**
 * Call `visit` for each visible image in a rectangle of the map.
 *
 * @param {{ left: number, right: number, bottom: number, top: number }} rectangle
 * @param {(i: number) => void} visit
 */
function forEachIn({ left, right, bottom, top }, visit) {
  for (let row = cellRow(bottom); row <= cellRow(top); row++) {
    const end = cellStart[row * cellsPerSide + cellColumn(right) + 1];
    for (let entry = cellStart[row * cellsPerSide + cellColumn(left)]; entry < end; entry++) {
      const i = imagesByCell[entry];
      const x = columns.x[i],
        y = columns.y[i];
      if (isVisible[i] && x >= left && x <= right && y >= bottom && y <= top) visit(i);
    }
  }
}

/**
 * The visible image nearest to a point of the map and at most `maxDistance` away, −1 if there is none.
 *
 * @param {Point} point
 * @param {number} maxDistance
 */
function nearestImage([x, y], maxDistance) {
  let nearest = -1,
    smallest = maxDistance ** 2;
  const square = { left: x - maxDistance, right: x + maxDistance, bottom: y - maxDistance, top: y + maxDistance };
  forEachIn(square, (i) => {
    const distance = (columns.x[i] - x) ** 2 + (columns.y[i] - y) ** 2;
    if (distance <= smallest) [nearest, smallest] = [i, distance];
  });
  return nearest;
}

/**
 * The visible images inside a polygon of the map, by the even-odd rule.
 *
 * @param {Point[]} polygon
 */
function imagesInPolygon(polygon) {
  const xs = polygon.map(([x]) => x),
    ys = polygon.map(([, y]) => y);
  const box = { left: Math.min(...xs), right: Math.max(...xs), bottom: Math.min(...ys), top: Math.max(...ys) };
  /** @type {number[]} */
  const images = [];
  forEachIn(box, (i) => {
    const x = columns.x[i],
      y = columns.y[i];
    let isInside = false;
    for (let a = 0, b = xs.length - 1; a < xs.length; b = a++) {
      const crosses = ys[a] > y !== ys[b] > y && x < ((xs[b] - xs[a]) * (y - ys[a])) / (ys[b] - ys[a]) + xs[a];
      if (crosses) isInside = !isInside;
    }
    if (isInside) images.push(i);
  });
  return images.sort((a, b) => a - b);
}

// The part of the map on screen, with `margin` pixels around it.
function rectangleInView(margin = 0) {
  const [left, top] = toMap(-margin, -margin),
    [right, bottom] = toMap(view.width + margin, view.height + margin);
  return { left, right, bottom, top };
}

function imagesInView() {
  /** @type {number[]} */
  const images = [];
  forEachIn(rectangleInView(), (i) => images.push(i));
  return images.sort((a, b) => a - b);
}
