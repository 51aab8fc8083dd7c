// Sums of a profile by function, and the table of them.

function makeTable(profile, samples, type) {
  const flat = new Map(), cum = new Map(), places = new Map();
  let total = 0;
  for (const sample of samples) {
    const value = sample.v[type];
    if (value === 0 || sample.s.length === 0) continue;
    total += value;
    const leaf = sample.s[sample.s.length - 1];
    add(flat, profile.functions[leaf], value);
    const seen = new Set();
    for (const frame of sample.s) {
      const name = profile.functions[frame];
      if (seen.has(name)) continue;
      seen.add(name);
      add(cum, name, value);
      if (!places.has(name)) places.set(name, new Map());
      add(places.get(name), profile.places[frame], value);
    }
  }
  const rows = [...cum].map(([id, c]) =>
    ({id, name: profile.names[id], flat: flat.get(id) || 0, cum: c, places: places.get(id)}));
  return {rows, total};
}

// The index of the sample type of that name; without one the type that the profile shows first.
function typeIndex(profile, name) {
  const index = wanted => profile.types.findIndex(t => t.type === wanted);
  return [index(name), index(profile.shown)].find(i => i >= 0) ?? profile.types.length - 1;
}

// A button for each sample type.
function showTypes(box, profile, now, onChoose) {
  box.textContent = '';
  profile.types.forEach((type, i) => {
    const button = document.createElement('button');
    button.textContent = type.type;
    button.setAttribute('aria-pressed', i === now);
    button.addEventListener('click', () => onChoose(type.type));
    box.append(button, ' ');
  });
}

// `sums` of makeTable(). sort: 'flat', 'cum' or 'name'.
function drawTable(table, sums, unit, search, sort, onPick) {
  const order = sort === 'name' ? (a, b) => a.name.localeCompare(b.name)
    : (a, b) => b[sort] - a[sort] || b.cum - a.cum;
  const body = table.tBodies[0];
  body.textContent = '';
  const wanted = sums.rows.filter(r => !search || r.name.toLowerCase().includes(search));
  for (const r of wanted.sort(order).slice(0, 200)) {
    const row = body.insertRow();
    for (const text of [unitText(r.flat, unit), percent(r.flat, sums.total), unitText(r.cum, unit),
      percent(r.cum, sums.total), r.name]) row.insertCell().textContent = text;
    row.cells[1].className = row.cells[3].className = 'share';
    row.title = [r.name, ...placesText(r.places, r.cum)].join('\n');
    row.addEventListener('click', () => onPick(r));
  }
}
