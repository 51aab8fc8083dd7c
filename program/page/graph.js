'use strict';
// A profile as the server gives it, made a tree, drawn as a flame graph and summed in a table.

const by = id => document.getElementById(id);
const kRow = 18, kSmallest = 1.5, kMostFrames = 6000, kMostPlaces = 3;

function unitText(value, unit) {
  const sign = value < 0 ? '-' : '';
  let n = Math.abs(value);
  if (unit === 'nanoseconds') {
    for (const [size, name] of [[3600e9, 'h'], [60e9, 'min'], [1e9, 's'], [1e6, 'ms'], [1e3, 'us']]) {
      if (n >= size) return sign + (n / size).toFixed(n / size >= 100 ? 0 : 2) + ' ' + name;
    }
    return sign + n + ' ns';
  }
  if (unit === 'bytes') {
    const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
    let i = 0;
    while (n >= 1024 && i < names.length - 1) { n /= 1024; i++; }
    return sign + (i === 0 ? n : n.toFixed(n >= 100 ? 0 : 2)) + ' ' + names[i];
  }
  return sign + n.toLocaleString('en');
}

function percent(part, whole) {
  return whole === 0 ? '' : (100 * part / whole).toFixed(1) + ' %';
}

function hashOf(text, seed) {
  let hash = seed >>> 0;
  for (let i = 0; i < text.length; i++) hash = (hash * 31 + text.charCodeAt(i)) >>> 0;
  return hash;
}

// A name stands once for each place that it has: frames are one by their name.
function findFunctions(profile) {
  const first = new Map();
  profile.functions = profile.names.map((name, i) => {
    if (!first.has(name)) first.set(name, i);
    return first.get(name);
  });
}

const add = (map, key, value) => map.set(key, (map.get(key) || 0) + value);

// Those with the most of it, a line each.
function placesText(places, whole) {
  const known = [...places].filter(([place]) => place && place !== ':0').sort((a, b) => b[1] - a[1]);
  const lines = known.slice(0, kMostPlaces).map(([place, value]) =>
    known.length > 1 ? `${place} (${percent(value, whole)})` : place);
  if (known.length > kMostPlaces) lines.push(`and ${known.length - kMostPlaces} more lines`);
  return lines;
}

// Stacks come from the root; upside down the leaf is the root, and callers lie on it. A node's key
// names it by its path, in this and in later profiles. A sample of a comparison has `b`, the values of
// the base: a node is as wide as the mean of both sides, so that nothing which one side lacks is hidden.
function makeTree(profile, samples, type, upside) {
  const root = {name: -1, value: 0, base: 0, fresh: 0, children: new Map(), parent: null, places: new Map(), key: 0};
  for (const sample of samples) {
    const fresh = sample.v[type], base = sample.b ? sample.b[type] : fresh;
    const value = (base + fresh) / 2;
    if (base === 0 && fresh === 0) continue;
    root.value += value;
    root.base += base;
    root.fresh += fresh;
    let node = root;
    const stack = upside ? sample.s.slice().reverse() : sample.s;
    for (const frame of stack) {
      const name = profile.functions[frame];
      let child = node.children.get(name);
      if (!child) {
        child = {name, value: 0, base: 0, fresh: 0, children: new Map(), parent: node, places: new Map(),
          key: hashOf(profile.names[name], node.key + 1)};
        node.children.set(name, child);
      }
      child.value += value;
      child.base += base;
      child.fresh += fresh;
      add(child.places, profile.places[frame], value);
      node = child;
    }
  }
  return root;
}

function nodeOf(root, key) {
  const rest = [root];
  while (rest.length > 0) {
    const node = rest.pop();
    if (node.key === key) return node;
    rest.push(...node.children.values());
  }
  return root;
}

// The same name has the same colour, warm as flames are.
function colour(name) {
  const hash = hashOf(name, 0);
  if (name.startsWith('[')) return '#bbb';
  return `hsl(${10 + hash % 45}, ${70 + (hash >> 8) % 25}%, ${62 + (hash >> 16) % 14}%)`;
}

const valueText = (node, root, unit) => `${unitText(node.value, unit)} ${percent(node.value, root.value)}`;

// Draws `node` and what is above it over the whole width; its callers in rows above, faded.
// view: {unit, search, onPick(node), onHover(node, name)}, and where a comparison differs
// colourOf(node, name) and textOf(node, root, unit).
function drawGraph(box, profile, root, node, view) {
  const {unit, search, onPick, onHover} = view;
  const colourOf = view.colourOf || ((at, name) => colour(name)), textOf = view.textOf || valueText;
  box.textContent = '';
  const width = box.clientWidth;
  const path = [];
  for (let at = node; at; at = at.parent) path.unshift(at);
  let deepest = path.length, drawn = 0;
  const frame = (at, depth, x, w, above) => {
    const name = at === root ? 'all' : profile.names[at.name];
    const div = document.createElement('div');
    div.style.cssText = `left:${x}px;top:${depth * kRow}px;width:${w}px;background:${colourOf(at, name)}`;
    div.textContent = w > 24 ? name : '';
    div.tabIndex = 0;
    div.dataset.name = name;
    if (above) div.className = 'above';
    if (search && at !== root && name.toLowerCase().includes(search)) div.classList.add('found');
    div.title = [name, textOf(at, root, unit), ...placesText(at.places, at.value)].join('\n');
    div.addEventListener('click', () => { onPick(at); onHover(at, name); });
    div.addEventListener('keydown', event => { if (event.key === 'Enter') onPick(at); });
    div.addEventListener('mouseenter', () => onHover(at, name));
    div.addEventListener('focus', () => onHover(at, name));
    box.append(div);
    drawn++;
  };
  path.slice(0, -1).forEach((at, depth) => frame(at, depth, 0, width, true));
  const rows = [[node, path.length - 1, 0, width]];
  while (rows.length > 0 && drawn < kMostFrames) {
    const [at, depth, x, w] = rows.shift();
    frame(at, depth, x, w, false);
    deepest = Math.max(deepest, depth + 1);
    const children = [...at.children.values()].filter(c => c.value > 0).sort((a, b) => b.value - a.value);
    const sum = Math.max(at.value, children.reduce((s, c) => s + c.value, 0));
    let left = x;
    for (const child of children) {
      const part = w * child.value / sum;
      if (part >= kSmallest) rows.push([child, depth + 1, left, part]);
      left += part;
    }
  }
  box.style.height = deepest * kRow + 'px';
}
