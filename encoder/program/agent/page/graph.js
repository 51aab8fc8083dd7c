'use strict';
// A profile as the server tells it, made a tree, drawn as a flame graph and summed in a table.

const kRow = 18, kSmallest = 1.5, kMostFrames = 6000;

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

// Stacks come from the root; upside down the leaf is the root, and callers lie on it.
function makeTree(profile, type, upside) {
  const root = {name: -1, value: 0, children: new Map(), parent: null};
  for (const sample of profile.samples) {
    const value = sample.v[type];
    if (value === 0) continue;
    root.value += value;
    let node = root;
    const stack = upside ? sample.s.slice().reverse() : sample.s;
    for (const name of stack) {
      let child = node.children.get(name);
      if (!child) {
        child = {name, value: 0, children: new Map(), parent: node};
        node.children.set(name, child);
      }
      child.value += value;
      node = child;
    }
  }
  return root;
}

function makeTable(profile, type) {
  const flat = new Map(), cum = new Map();
  const add = (map, name, value) => map.set(name, (map.get(name) || 0) + value);
  let total = 0;
  for (const sample of profile.samples) {
    const value = sample.v[type];
    if (value === 0 || sample.s.length === 0) continue;
    total += value;
    add(flat, sample.s[sample.s.length - 1], value);
    for (const name of new Set(sample.s)) add(cum, name, value);
  }
  const rows = [...cum].map(([id, c]) => ({id, name: profile.names[id], flat: flat.get(id) || 0, cum: c}));
  return {rows, total};
}

// The same name has the same colour, warm as flames are.
function colour(name) {
  let hash = 0;
  for (let i = 0; i < name.length; i++) hash = (hash * 31 + name.charCodeAt(i)) >>> 0;
  if (name.startsWith('[')) return '#bbb';
  return `hsl(${10 + hash % 45}, ${70 + (hash >> 8) % 25}%, ${62 + (hash >> 16) % 14}%)`;
}

// Draws `node` and what is above it over the whole width; its callers in rows below, faded.
function drawGraph(box, profile, unit, root, node, search, onPick, onHover) {
  box.textContent = '';
  const width = box.clientWidth;
  const path = [];
  for (let at = node; at; at = at.parent) path.unshift(at);
  let deepest = path.length, drawn = 0;
  const frame = (at, depth, x, w, above) => {
    const name = at === root ? 'all' : profile.names[at.name];
    const div = document.createElement('div');
    div.style.cssText = `left:${x}px;top:${depth * kRow}px;width:${w}px;background:${colour(name)}`;
    div.textContent = w > 24 ? name : '';
    div.tabIndex = 0;
    div.dataset.name = name;
    if (above) div.className = 'above';
    if (search && at !== root && name.toLowerCase().includes(search)) div.classList.add('found');
    div.title = `${name}\n${unitText(at.value, unit)} ${percent(at.value, root.value)}`;
    div.addEventListener('click', () => onPick(at));
    div.addEventListener('keydown', event => { if (event.key === 'Enter') onPick(at); });
    div.addEventListener('mouseenter', () => onHover(at, name));
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
