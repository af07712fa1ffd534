// Says on the page what the library would say in the console only: that a passkey was refused or cancelled.
document.addEventListener("allauth.error", event => {
  event.preventDefault();
  const place = document.getElementById("passkey_error");
  if (place) place.textContent = place.dataset.words;
});
