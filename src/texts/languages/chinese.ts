import type { Language } from '../texts.ts';

export const chinese: Language = {
  'The assistant is not set up correctly. Please tell the operator of this service.':
    '助手没有正确设置。请告知此服务的运营者。',
  'The model of the assistant is not available. Please tell the operator of this service.':
    '助手的模型不可用。请告知此服务的运营者。',
  'This conversation has become too long for the assistant. Please start a new one.':
    '这段对话对助手来说太长了。请开始新的对话。',
  'The assistant could not take this message. Please try to say it differently.':
    '助手无法接受这条消息。请换一种说法。',
  'The assistant has used up its quota. Please tell the operator of this service.':
    '助手的配额已用完。请告知此服务的运营者。',
  'The assistant is busy right now. Please try again in a moment.': '助手正忙。请稍后再试。',
  'The assistant has a problem right now. Please try again.': '助手目前出现问题。请再试一次。',
  'The assistant took too long to answer. Please try again.': '助手回答的时间太长。请再试一次。',
  'The assistant cannot be reached right now. Please try again.': '目前无法连接助手。请再试一次。',
  'The reply was cut off. Please try again.': '回复被中断。请再试一次。',
  'The assistant gave an answer that cannot be used. Please try again.':
    '助手给出的回复无法使用。请再试一次。',
  'The reply did not come to an end. Please try again.': '回复没有结束。请再试一次。',
  'The assistant needed too many steps for this. Please ask for less at once.':
    '助手需要的步骤太多。请一次少提一些要求。',
  'This conversation was stopped by a safety rule.': '这段对话因安全规则而停止。',
  'Something went wrong while the assistant answered. Please try again.': '助手回答时出了问题。请再试一次。',
  'The connection to the chat service was lost. Please try again.': '与聊天服务的连接已断开。请再试一次。',
  'The chat service stopped answering. Please try again.': '聊天服务停止了响应。请再试一次。',
  'The reply took too long. Please try again.': '回复时间太长。请再试一次。',
  'The chat service gave an answer that cannot be shown.': '聊天服务的回复无法显示。',
  'The chat service could not finish the reply. Please try again.': '聊天服务无法完成回复。请再试一次。',
  'The chat service gave no answer. Please try again.': '聊天服务没有给出回复。请再试一次。',
  'The chat service did not accept your sign-in. Please sign in again.':
    '聊天服务没有接受您的登录。请重新登录。',
  'You are not allowed to use this chat.': '您无权使用此聊天。',
  'The chat service does not know this conversation.': '聊天服务中没有这段对话。',
  'The chat service did not accept this message.': '聊天服务没有接受这条消息。',
  'The assistant cannot be asked for this.': '助手无法满足此请求。',
  'This conversation was deleted.': '这段对话已被删除。',
  'The service is restarting. Please try again in a moment.': '服务正在重启。请稍后再试。',
  'This step did not finish.': '此步骤没有完成。',
  'Using {tool}': '正在使用{tool}',
  'Used {tool}': '已使用 {tool}',
  'Searching the web': '正在搜索网页',
  'Searched the web': '已搜索网页',
  'Reading a page': '正在阅读网页',
  'Read a page': '已阅读网页',
  'Searching the files': '正在搜索文件',
  'Searched the files': '已搜索文件',
  'Running code': '正在运行代码',
  'Ran code': '已运行代码',
  'This step failed.': '此步骤失败。',
  '{count} steps done': '已完成{count}个步骤',
  '{failed} of {count} steps failed': '{count}个步骤中有{failed}个失败',
  '{title} failed': '{title}：失败',
  'Adding {task}': '正在添加{task}',
  'Added {task}': '已添加{task}',
  'Completing {task}': '正在完成{task}',
  'Completed {task}': '已完成{task}',
  'Deleting {task}': '正在删除{task}',
  'Deleted {task}': '已删除{task}',
  'Looking at the tasks': '正在查看任务',
  'Looked at the tasks': '已查看任务',
  'a task': '任务',
};
