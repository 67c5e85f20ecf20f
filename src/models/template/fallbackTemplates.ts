/** Used when a model file has no chat template and its vocabulary has ChatML's tokens. */
export const CHATML_TEMPLATE =
  `{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}{% endfor %}` +
  `{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}`;

/** Used when there is no chat template and no ChatML either: a base model that continues a written dialogue. */
export const PLAIN_TEMPLATE =
  `{{ bos_token }}{% for message in messages %}` +
  `{% if message['role'] == 'system' %}{{ message['content'] + '\\n\\n' }}` +
  `{% elif message['role'] == 'user' %}{{ 'User: ' + message['content'] + '\\n\\n' }}` +
  `{% else %}{{ 'Assistant: ' + message['content'] + eos_token + '\\n\\n' }}{% endif %}{% endfor %}` +
  `{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}`;
