// What a comparison shows otherwise than a profile: a colour for a change, and a table of verdicts.

// Orange and purple, which all eyes tell apart; the middle is no change. `change`: -1 to 1.
function colourOfChange(change) {
  const ends = change > 0 ? [230, 110, 20] : [112, 84, 176];
  const part = Math.min(1, Math.abs(change));
  const mix = ends.map(end => Math.round(238 + (end - 238) * Math.sqrt(part)));
  return `rgb(${mix.join(', ')})`;
}

function changeText(base, fresh) {
  if (base === 0) return fresh === 0 ? '' : 'new';
  const change = 100 * (fresh / base - 1);
  return `${change < 0 ? '-' : '+'}${Math.abs(change).toFixed(1)} %`;
}

const differenceView = {
  colourOf: node => colourOfChange((node.fresh - node.base) / Math.max(node.fresh, node.base, 1e-9)),
  textOf: (node, root, unit) =>
    `${unitText(Math.round(node.base), unit)} → ${unitText(Math.round(node.fresh), unit)}  ${changeText(node.base, node.fresh)}`,
};

// A row a function; the first is the total. What the intervals allow to say is said by `profiler diff`.
function drawVerdicts(table, compared, search, onPick) {
  const body = table.tBodies[0];
  body.textContent = '';
  if (!compared) return;
  const rows = [{...compared.total, function: ''}, ...compared.functions];
  for (const r of rows.filter(row => !search || row.function.toLowerCase().includes(search)).slice(0, 200)) {
    const row = body.insertRow();
    const interval = r.interval && r.interval[0] !== r.interval[1]
      ? r.interval.map(bound => changeText(1, bound)).join(' to ') : '';
    for (const text of [unitText(Math.round(r.base), compared.unit), unitText(Math.round(r.new), compared.unit),
      changeText(r.base, r.new), interval, r.verdict, r.function || 'total']) row.insertCell().textContent = text;
    row.className = r.verdict === 'more' || r.verdict === 'less' ? r.verdict : '';
    if (r.function) row.addEventListener('click', () => onPick(r.function));
  }
}
