// For so many seconds of CPU: exceptions, recursion, builtins that call back.
const end = process.cpuUsage().user + process.argv[2] * 1e6;
function dig(n) { if (n == 0) throw new Error('x'); return dig(n - 1) + 1; }
while (process.cpuUsage().user < end) {
  try { dig(60); } catch (e) {}
  JSON.parse(JSON.stringify([...Array(2000).keys()].map(i => ({i, s: 'x' + i}))));
  [...Array(3000).keys()].sort((a, b) => (a * 7919) % 1009 - (b * 7919) % 1009);
  'aaaab'.repeat(500).replace(/(a+)b/g, (_, m) => m);
}
