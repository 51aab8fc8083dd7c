// Which samples are shown: by thread, state and each other label. What a label says is text, never
// markup.

const kMostKeys = 12, kMostValues = 200, kWithout = '(none)';

function rankOf(key) {
  const rank = ['thread', 'state', 'kind'].indexOf(key);
  return rank < 0 ? 99 : rank;
}

// `items`: [{labels: [[key, value], ...], weight}]. Gives key → Map(value → weight).
// In one pass over the labels: a hostile profile may have as many keys as samples.
function valuesOfLabels(items) {
  const keys = new Map();
  let whole = 0;
  for (const item of items) {
    whole += item.weight;
    for (const [key, value] of new Map(item.labels)) {
      if (!keys.has(key)) keys.set(key, {values: new Map(), weight: 0, count: 0});
      const entry = keys.get(key);
      add(entry.values, value, item.weight);
      entry.weight += item.weight, entry.count++;
    }
  }
  for (const entry of keys.values()) {
    if (entry.count < items.length) add(entry.values, kWithout, whole - entry.weight);
  }
  return new Map([...keys].map(([key, entry]) => [key, entry.values])
    .sort((a, b) => rankOf(a[0]) - rankOf(b[0]) || a[0].localeCompare(b[0])));
}

function isChosen(labels, chosen) {
  const own = new Map(labels);
  return [...chosen].every(([key, value]) => (own.has(key) ? own.get(key) : kWithout) === value);
}

// A list to choose from for each label. `chosen`: Map(key → value), changed here.
function showFilters(box, items, chosen, onChange) {
  box.textContent = '';
  const keys = valuesOfLabels(items);
  for (const key of chosen.keys()) if (!keys.has(key)) keys.set(key, new Map());
  // A single process needs no choice of processes.
  const telling = [...keys].filter(([key, values]) =>
    values.size > 1 || chosen.has(key) || !['pid', 'program'].includes(key));
  for (const [key, values] of telling.slice(0, kMostKeys)) {
    const select = document.createElement('select');
    select.dataset.key = key;
    select.append(new Option(`all (${values.size})`, ''));
    const whole = [...values.values()].reduce((sum, v) => sum + v, 0);
    const sorted = [...values].sort((a, b) => b[1] - a[1]).slice(0, kMostValues);
    const now = chosen.get(key);
    if (now !== undefined && !sorted.some(([value]) => value === now)) sorted.push([now, 0]);
    for (const [value, weight] of sorted) {
      select.append(new Option(`${value}  ${percent(weight, whole)}`, '=' + value));
    }
    select.value = now === undefined ? '' : '=' + now;
    select.addEventListener('change', () => {
      if (select.value === '') chosen.delete(key);
      else chosen.set(key, select.value.slice(1));
      onChange();
    });
    const label = document.createElement('label');
    label.append(key + ' ', select);
    box.append(label);
  }
}
