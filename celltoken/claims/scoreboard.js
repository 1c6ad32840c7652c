(() => {
  const board = document.currentScript.previousElementSibling;
  const form = board.querySelector("form"), body = board.querySelector("tbody");
  const rows = [...body.rows];
  const rank = [...form.elements.verdict.options].map((option) => option.value);
  const show = () => {
    const {verdict, chapter, sort} = Object.fromEntries(new FormData(form));
    const key = (row) => row.dataset[sort];
    const number = (row) => (sort === "order" ? 1 : -1) * Number(key(row));
    const place = (row) => (sort === "verdict" ? rank.indexOf(key(row)) : number(row));
    rows.sort((a, b) => place(a) - place(b) || a.dataset.order - b.dataset.order);
    let shown = 0;
    for (const row of rows) {
      row.hidden = (verdict && row.dataset.verdict !== verdict)
        || (chapter && row.dataset.chapter !== chapter);
      shown += !row.hidden;
      body.append(row);
    }
    form.querySelector("output").value = `${shown} of ${rows.length} claims`;
  };
  form.addEventListener("change", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  show();
})();
