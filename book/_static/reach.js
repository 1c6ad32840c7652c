// What scrolls inside its own box must be reachable from the keyboard.
function letKeysReach() {
  const boxes = "mjx-container[display], .pst-scrollable-table-container, .bd-article .output";
  for (const box of document.querySelectorAll(boxes)) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}

addEventListener("load", () => Promise.resolve(window.MathJax?.startup?.promise).then(letKeysReach));
addEventListener("resize", letKeysReach);
