// Numbers, names and images in words.

/** @param {number} value */
const formatCount = (value) => value.toLocaleString("en");

/**
 * @param {number} value
 * @param {string} noun
 */
const plural = (value, noun) => `${formatCount(value)} ${noun}${value === 1 ? "" : "s"}`;

/**
 * Write a share in percent, never rounded up to all or down to none.
 *
 * @param {number} share
 */
function formatPercent(share) {
  const text = (100 * share).toFixed(share >= 0.995 || share < 0.1 ? 1 : 0);
  if (share < 1 && text === "100.0") return "> 99.9 %";
  if (share > 0 && text === "0.0") return "< 0.1 %";
  return `${text.replace(/\.0$/, "")} %`;
}

/** @param {number} cluster */
const clusterName = (cluster) => (cluster < 0 ? "noise" : `c${cluster}`);
/** @param {number} label */
const labelName = (label) => (label < 0 ? "unlabelled" : data.labels[label]);

/** @param {number} i */
function describeImage(i) {
  const parts = [`Image ${i}`, columns.cluster[i] < 0 ? "noise" : `cluster ${clusterName(columns.cluster[i])}`];
  if (hasLabels) parts.push(columns.label[i] < 0 ? "unlabelled" : `label ${labelName(columns.label[i])}`);
  parts.push(`confidence ${formatPercent(columns.confidence[i])}`);
  return parts.join(", ");
}

/** @param {number} i */
function clusterAndLabel(i) {
  const cluster = clusterName(columns.cluster[i]);
  return hasLabels && columns.label[i] >= 0 ? `${cluster} · ${labelName(columns.label[i])}` : cluster;
}
