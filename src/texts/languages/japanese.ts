import type { Language } from '../texts.ts';

export const japanese: Language = {
  'The assistant is not set up correctly. Please tell the operator of this service.':
    'アシスタントが正しく設定されていません。このサービスの運営者にお知らせください。',
  'The model of the assistant is not available. Please tell the operator of this service.':
    'アシスタントのモデルが利用できません。このサービスの運営者にお知らせください。',
  'This conversation has become too long for the assistant. Please start a new one.':
    'この会話はアシスタントには長くなりすぎました。新しい会話を始めてください。',
  'The assistant could not take this message. Please try to say it differently.':
    'アシスタントはこのメッセージを受け付けられませんでした。別の言い方をお試しください。',
  'The assistant has used up its quota. Please tell the operator of this service.':
    'アシスタントの利用枠がなくなりました。このサービスの運営者にお知らせください。',
  'The assistant is busy right now. Please try again in a moment.':
    'アシスタントは混み合っています。しばらくしてからもう一度お試しください。',
  'The assistant has a problem right now. Please try again.':
    'アシスタントに問題が発生しています。もう一度お試しください。',
  'The assistant took too long to answer. Please try again.':
    'アシスタントの応答に時間がかかりすぎました。もう一度お試しください。',
  'The assistant cannot be reached right now. Please try again.':
    'アシスタントに接続できません。もう一度お試しください。',
  'The reply was cut off. Please try again.': '返信が途中で途切れました。もう一度お試しください。',
  'The assistant gave an answer that cannot be used. Please try again.':
    'アシスタントの返信を利用できませんでした。もう一度お試しください。',
  'The reply did not come to an end. Please try again.': '返信が終わりませんでした。もう一度お試しください。',
  'The assistant needed too many steps for this. Please ask for less at once.':
    '必要な手順が多すぎました。一度にお願いする内容を減らしてください。',
  'This conversation was stopped by a safety rule.': 'この会話は安全規則により停止されました。',
  'Something went wrong while the assistant answered. Please try again.':
    '返信中に問題が発生しました。もう一度お試しください。',
  'The connection to the chat service was lost. Please try again.':
    'チャットサービスとの接続が切れました。もう一度お試しください。',
  'The chat service stopped answering. Please try again.':
    'チャットサービスが応答しなくなりました。もう一度お試しください。',
  'The reply took too long. Please try again.': '返信に時間がかかりすぎました。もう一度お試しください。',
  'The chat service gave an answer that cannot be shown.': 'チャットサービスの返信を表示できません。',
  'The chat service could not finish the reply. Please try again.':
    'チャットサービスは返信を完了できませんでした。もう一度お試しください。',
  'The chat service gave no answer. Please try again.':
    'チャットサービスから返信がありませんでした。もう一度お試しください。',
  'The chat service did not accept your sign-in. Please sign in again.':
    'チャットサービスがサインインを受け付けませんでした。もう一度サインインしてください。',
  'You are not allowed to use this chat.': 'このチャットを利用する権限がありません。',
  'The chat service does not know this conversation.': 'チャットサービスにこの会話がありません。',
  'The chat service did not accept this message.': 'チャットサービスはこのメッセージを受け付けませんでした。',
  'The assistant cannot be asked for this.': 'アシスタントはこの依頼に対応できません。',
  'This conversation was deleted.': 'この会話は削除されました。',
  'The service is restarting. Please try again in a moment.':
    'サービスを再起動しています。しばらくしてからもう一度お試しください。',
  'This step did not finish.': 'この手順は完了しませんでした。',
  'Using {tool}': '{tool}を使用中',
  'Used {tool}': '{tool} を使いました',
  'Searching the web': 'ウェブを検索しています',
  'Searched the web': 'ウェブを検索しました',
  'Reading a page': 'ページを読んでいます',
  'Read a page': 'ページを読みました',
  'Searching the files': 'ファイルを検索しています',
  'Searched the files': 'ファイルを検索しました',
  'Running code': 'コードを実行しています',
  'Ran code': 'コードを実行しました',
  'This step failed.': 'このステップは失敗しました。',
  '{count} steps done': '{count}件の手順が完了',
  '{failed} of {count} steps failed': '{count}件中{failed}件の手順が失敗',
  '{title} failed': '{title}：失敗',
  'Adding {task}': '{task}を追加中',
  'Added {task}': '{task}を追加しました',
  'Completing {task}': '{task}を完了にしています',
  'Completed {task}': '{task}を完了にしました',
  'Deleting {task}': '{task}を削除中',
  'Deleted {task}': '{task}を削除しました',
  'Looking at the tasks': 'タスクを確認中',
  'Looked at the tasks': 'タスクを確認しました',
  'a task': 'タスク',
  'Showing the tasks': 'タスクを表示中',
  'Showed the tasks': 'タスクを表示しました',
  'Drawing a chart of the tasks': 'タスクのグラフを作成中',
  'Drew a chart of the tasks': 'タスクのグラフを作成しました',
  'Asking a question': '質問しています',
  'Asked a question': '質問しました',
  'Drawing a picture': '絵を描いています',
  'Drew a picture': '絵を描きました',
  Tasks: 'タスク',
  'What is to be done?': '何をしますか？',
  Add: '追加',
  Open: '未完了',
  Done: '完了',
  'There is nothing to do yet.': 'まだすることはありません。',
  'and {count} more': 'ほか{count}件',
  'The list is full.': 'リストがいっぱいです。',
};
