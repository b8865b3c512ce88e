// The clusters after the corrections: size, most frequent label, typical images, and where the name stands on the map.

const TYPICAL_COUNT = 5;
const MAX_SAMPLE = 500; // images of a group that the position of its name is computed from

/** @type {Map<number, ClusterSummary>} By cluster, those without images included; noise is last, if there is any. */
let clusterSummaries = new Map();

/**
 * The images of each group, by its number.
 *
 * @param {Int32Array} groups
 */
function membersByGroup(groups) {
  const last = groups.reduce((largest, group) => Math.max(largest, group), -1);
  const ends = new Int32Array(last + 2); // noise comes first
  for (const group of groups) ends[group + 1]++;
  const members = Array.from(ends, (size) => new Int32Array(size));
  ends.fill(0);
  for (let i = 0; i < groups.length; i++) members[groups[i] + 1][ends[groups[i] + 1]++] = i;
  return (/** @type {number} */ group) => members[group + 1] ?? new Int32Array(0);
}

/** @param {Float32Array} values */
const median = (values) => values.sort()[values.length >> 1];

/**
 * A point in the densest part of a group, which may lie in several parts: the median of all, then eight times the
 * median of the half nearest to the last one. `densest_median` in maps.py does the same without a sample.
 *
 * @param {Int32Array} images
 * @returns {Point}
 */
function densestMedian(images) {
  const step = Math.ceil(images.length / MAX_SAMPLE);
  const sample = images.filter((_, position) => position % step === 0);
  const medianOf = (/** @type {Int32Array} */ near) =>
    /** @type {Point} */ ([columns.x, columns.y].map((values) => median(Float32Array.from(near, (i) => values[i]))));
  let centre = medianOf(sample);
  for (let round = 0; round < 8; round++) {
    const [x, y] = centre;
    const distances = Float32Array.from(sample, (i) => Math.hypot(columns.x[i] - x, columns.y[i] - y));
    const limit = median(distances.slice());
    centre = medianOf(sample.filter((_, position) => distances[position] <= limit));
  }
  return centre;
}

/**
 * The most confident images, those nearest to a point of the map first.
 *
 * @param {Int32Array} images
 * @param {Point} centre
 */
function typicalImages(images, [x, y]) {
  // Differences of less than a percent mean nothing.
  const confidence = (/** @type {number} */ i) => Math.round(100 * columns.confidence[i]);
  const distance = (/** @type {number} */ i) => (columns.x[i] - x) ** 2 + (columns.y[i] - y) ** 2;
  const isBefore = (/** @type {number} */ i, /** @type {number} */ j) =>
    (confidence(j) - confidence(i) || distance(i) - distance(j)) < 0;
  /** @type {number[]} */
  const typical = [];
  for (const i of images) {
    if (typical.length === TYPICAL_COUNT && !isBefore(i, typical[TYPICAL_COUNT - 1])) continue;
    const position = typical.findIndex((j) => isBefore(i, j));
    typical.splice(position < 0 ? typical.length : position, 0, i);
    typical.length = Math.min(typical.length, TYPICAL_COUNT);
  }
  return typical;
}

/**
 * The most frequent label, the smallest of several, and its share of the labelled images.
 *
 * @param {Int32Array} images
 */
function majorityLabel(images) {
  const counts = new Int32Array(data.labels.length);
  let labelled = 0;
  for (const i of images) {
    if (columns.label[i] < 0) continue;
    counts[columns.label[i]]++;
    labelled++;
  }
  const majority = labelled ? counts.indexOf(counts.reduce((a, b) => Math.max(a, b), 0)) : -1;
  return { majority, purity: labelled ? counts[majority] / labelled : 0 };
}

/**
 * @param {number} cluster
 * @param {Int32Array} images
 * @returns {ClusterSummary}
 */
function summarize(cluster, images) {
  const position = densestMedian(images);
  const label = cluster < 0 ? { majority: -1, purity: 0 } : majorityLabel(images);
  return { images, typical: typicalImages(images, position), position, ...label };
}

/**
 * @param {Int32Array} a
 * @param {Int32Array} b
 */
const areEqual = (a, b) => a.length === b.length && a.every((value, position) => value === b[position]);

/** Summaries of clusters whose images did not change are kept: each takes some milliseconds. */
function summarizeClusters() {
  const members = membersByGroup(columns.cluster);
  const existing = [...corrected.names.keys()].filter((cluster) => corrected.mergedInto[cluster] === cluster);
  const all = members(-1).length ? [...existing, -1] : existing;
  clusterSummaries = new Map(
    all.map((cluster) => {
      const images = members(cluster),
        before = clusterSummaries.get(cluster);
      return [cluster, before && areEqual(before.images, images) ? before : summarize(cluster, images)];
    }),
  );
}

const allClusters = () => [...clusterSummaries.keys()];
/** @param {number} cluster */
const clusterSize = (cluster) => clusterSummaries.get(cluster)?.images.length ?? 0;

/**
 * The most frequent label of a cluster in words, empty if no member has a label.
 *
 * @param {number} cluster
 */
function majorityName(cluster) {
  const majority = clusterSummaries.get(cluster)?.majority ?? -1;
  return majority < 0 ? "" : labelName(majority);
}

/**
 * Whether an image has another label than most of its cluster.
 *
 * @param {number} i
 */
const disagrees = (i) =>
  columns.cluster[i] >= 0 &&
  columns.label[i] >= 0 &&
  columns.label[i] !== clusterSummaries.get(columns.cluster[i])?.majority;

/**
 * The most frequent other cluster among an image's neighbours, as the run counted them; −1 for none.
 *
 * @param {number} i
 */
const rivalCluster = (i) => (columns.rival[i] < 0 ? -1 : corrected.mergedInto[columns.rival[i]]);

summarizeClusters();

/** @type {Map<number, Point>} */
const labelPositions = new Map();
{
  const members = membersByGroup(columns.label);
  for (const label of data.labels.keys()) {
    if (members(label).length) labelPositions.set(label, densestMedian(members(label)));
  }
}
