/** The least, the middle and the 95th percentile of times. */
export function summary(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
  return { min: sorted[0], median: at(0.5), p95: at(0.95) };
}
