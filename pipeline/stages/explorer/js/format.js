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

/**
 * A text that leaves the direction of the text around it alone.
 *
 * @param {string} text
 */
const isolated = (text) => (/[^ -\u02ff]/.test(text) ? `\u2068${text}\u2069` : text);

/**
 * A name from elsewhere with its control characters as escapes, such as those that change the direction of text.
 *
 * @param {string} text
 */
const visible = (text) =>
  text.replace(
    /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** @param {number} cluster */
const clusterNumber = (cluster) => (cluster < 0 ? "noise" : `c${cluster}`);
/** @param {number} cluster */
const givenName = (cluster) => isolated(corrected.names[cluster] ?? "");
/** @param {number} cluster */
const clusterName = (cluster) => [clusterNumber(cluster), givenName(cluster)].filter(Boolean).join(" ");
/** @param {number} i */
const markName = (i) => MARK_NAMES[marks[i]];
/** @param {number} label */
const labelName = (label) => (label < 0 ? "unlabelled" : visible(data.labels[label]));

/** @param {number} i */
function describeImage(i) {
  const parts = [`Image ${i}`, columns.cluster[i] < 0 ? "noise" : `cluster ${clusterName(columns.cluster[i])}`];
  if (hasLabels) parts.push(columns.label[i] < 0 ? "unlabelled" : `label ${labelName(columns.label[i])}`);
  parts.push(`confidence ${formatPercent(columns.confidence[i])}`);
  if (marks[i]) parts.push(markName(i));
  return parts.join(", ");
}

/** @param {number} i */
function clusterAndLabel(i) {
  const cluster = columns.cluster[i];
  const hasLabel = hasLabels && columns.label[i] >= 0;
  return hasLabel ? `${clusterNumber(cluster)} · ${labelName(columns.label[i])}` : clusterName(cluster);
}
