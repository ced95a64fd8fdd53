"""The Fetch standard's objects as workerd implements them, seen from JavaScript.

    headers, body, request, response, status     the HTTP message
    blob, form_data, multipart                   what a body may hold
    url, search_params                           addresses
    fetch                                        requests that leave the Worker
    builtins, console, text                      other globals of the ``js`` module

Methods carry JavaScript's names and take its values (see kvstore.javascript); a Worker written in Python
meets them through JsProxy or through the classes of worker.sdk, which wrap these.
"""
